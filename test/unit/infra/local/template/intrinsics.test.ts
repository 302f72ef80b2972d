import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_VALUE, resolve, type Scope } from '../../../../../infra/local/template/intrinsics.ts';

const NAMES: Readonly<Record<string, unknown>> = {
  Bucket: 'data',
  'AWS::Region': 'eu-west-1',
  'AWS::NoValue': NO_VALUE,
  Count: 3,
};
const scope: Scope = {
  where: 'Thing (AWS::Test::Thing)',
  ref: async (name) => NAMES[name] ?? assert.fail(name),
  getAtt: async (resource, attribute) => `${resource}/${attribute}`,
  condition: async (name) => name === 'Yes',
};

/** Names in braces as CloudFormation has them; in a plain text they would look like a forgotten template literal. */
function sub(text: string): string {
  return text.replaceAll('#', '$');
}

async function resolved(value: unknown): Promise<unknown> {
  return await resolve(value, scope);
}

describe('intrinsic functions', () => {
  it('leave everything else as it is', async () => {
    const value = { a: [1, 'two', null, true], Ref: 'x', b: { 'Fn:Almost': 1 } };
    assert.deepEqual(await resolved(value), value);
  });

  it('give names, attributes and texts made of them', async () => {
    assert.equal(await resolved({ Ref: 'Bucket' }), 'data');
    assert.equal(await resolved({ 'Fn::GetAtt': ['Queue', 'Arn'] }), 'Queue/Arn');
    assert.equal(await resolved({ 'Fn::GetAtt': 'Queue.Nested.Arn' }), 'Queue/Nested.Arn');
    assert.equal(
      await resolved({ 'Fn::Sub': sub('#{Bucket}-#{AWS::Region}-#{Queue.Arn}-#{!Literal}-#{Count}') }),
      sub('data-eu-west-1-Queue/Arn-#{Literal}-3'),
    );
    assert.equal(
      await resolved({ 'Fn::Sub': [sub('#{Own}/#{Bucket}'), { Own: { Ref: 'AWS::Region' } }] }),
      'eu-west-1/data',
    );
    assert.equal(await resolved({ 'Fn::Join': [':', ['arn', { Ref: 'Bucket' }, 7]] }), 'arn:data:7');
  });

  it('take texts apart', async () => {
    assert.deepEqual(await resolved({ 'Fn::Split': ['/', 'a/b/c'] }), ['a', 'b', 'c']);
    assert.equal(await resolved({ 'Fn::Select': ['1', { 'Fn::Split': ['/', 'a/b/c'] }] }), 'b');
  });

  it('choose by conditions, and leave out what has no value', async () => {
    const choice = (name: string): object => ({ 'Fn::If': [name, 'then', { Ref: 'AWS::NoValue' }] });
    assert.deepEqual(await resolved({ a: choice('Yes'), b: choice('No'), c: [choice('No'), 1] }), {
      a: 'then',
      c: [1],
    });
    assert.equal(await resolved({ 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'Bucket' }, 'data'] }] }), false);
    assert.equal(await resolved({ 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Equals': [3, '3'] }] }), true);
    assert.equal(await resolved({ 'Fn::Or': [{ Condition: 'No' }, { 'Fn::Equals': ['a', 'b'] }] }), false);
  });

  it("leave the branch that was not chosen alone, and IAM's own Condition", async () => {
    assert.equal(await resolved({ 'Fn::If': ['Yes', 1, { Ref: 'Nowhere' }] }), 1);
    assert.deepEqual(await resolved({ Condition: { Bool: { x: 'false' } } }), {
      Condition: { Bool: { x: 'false' } },
    });
  });

  it('name what they cannot do, and where', async () => {
    const where = /^TemplateError: Thing \(AWS::Test::Thing\): /;
    for (const [value, problem] of [
      [{ 'Fn::ImportValue': 'x' }, /Fn::ImportValue is not emulated/],
      [{ 'Fn::Select': [3, ['a', 'b']] }, /item 3 in a list of 2/],
      [{ 'Fn::Join': [','] }, /a list of 2 is needed in place of \[","\]/],
      [{ 'Fn::Sub': { a: 1, b: 2 } }, /a text is needed in place of/],
    ] as const)
      await assert.rejects(
        resolved(value),
        (error: Error) => where.test(String(error)) && problem.test(error.message),
      );
  });
});
