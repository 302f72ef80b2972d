import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAccess } from '../../../../../infra/local/iam/access.ts';
import { findGrants, readPolicy, type Statement } from '../../../../../infra/local/iam/policy.ts';
import { readProperties } from '../../../../../infra/local/template/properties.ts';

const OBJECTS = 'arn:aws:s3:::bucket/windows/*';

test('what a policy allows, by wildcards, until something denies it', () => {
  const statements = read(
    { Effect: 'Allow', Action: ['s3:GetObject', 's3:Put*'], Resource: OBJECTS },
    { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::bucket' },
    { Effect: 'Deny', Action: 's3:PutObject', Resource: '*/windows/secret?' },
  );
  const allowed = (action: string, resource: string) =>
    findGrants(statements, { action, resource }).length > 0;
  assert.ok(allowed('s3:GetObject', 'arn:aws:s3:::bucket/windows/a/b'));
  assert.ok(allowed('S3:getobject', 'arn:aws:s3:::bucket/windows/'));
  assert.ok(allowed('s3:PutObjectTagging', 'arn:aws:s3:::bucket/windows/a'));
  assert.ok(!allowed('s3:GetObject', 'arn:aws:s3:::bucket/scores/a'));
  assert.ok(!allowed('s3:GetObject', 'arn:aws:s3:::bucketXwindows/a'));
  assert.ok(!allowed('s3:DeleteObject', 'arn:aws:s3:::bucket/windows/a'));
  assert.ok(!allowed('s3:ListBucket', 'arn:aws:s3:::bucket/windows/a'));
  assert.ok(!allowed('s3:PutObject', 'arn:aws:s3:::bucket/windows/secret1'));
  assert.ok(allowed('s3:PutObject', 'arn:aws:s3:::bucket/windows/secret12'));
});

test('what would be judged wrongly is refused', () => {
  const base = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };
  for (const [change, message] of [
    [{ Condition: { Bool: {} } }, /not emulated: Condition$/],
    [{ Action: undefined, NotAction: 's3:*' }, /not emulated: NotAction$/],
    [{ Resource: undefined }, /needs an Action and a Resource$/],
    [{ Effect: 'Maybe' }, /Effect is Allow or Deny, not Maybe$/],
  ] as const) {
    const statement = Object.fromEntries(
      Object.entries({ ...base, ...change }).filter(([, value]) => value !== undefined),
    );
    assert.throws(() => read(statement), { name: 'TemplateError', message });
  }
});

test("what is denied to the code of the role's function is denied", () => {
  const condition = {
    ArnEquals: { 'lambda:SourceFunctionArn': 'arn:aws:lambda:us-east-1:000000000000:function:f' },
  };
  const statement = { Effect: 'Deny', Action: 'ec2:DescribeSubnets', Resource: '*', Condition: condition };
  const statements = read({ Effect: 'Allow', Action: 'ec2:DescribeSubnets', Resource: '*' }, statement);
  assert.deepEqual(findGrants(statements, { action: 'ec2:DescribeSubnets', resource: 'subnet' }), []);
  assert.throws(() => read({ ...statement, Condition: { StringEquals: { 'aws:RequestedRegion': 'x' } } }), {
    name: 'TemplateError',
  });
});

test('denials are noted once, and grants that nobody asked for are listed', () => {
  const lines: string[] = [];
  const access = createAccess((line) => void lines.push(line));
  const statements = read({
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:PutObject'],
    Resource: [OBJECTS, '*'],
  });
  const role = { name: 'score', arn: 'arn:aws:iam::000000000000:role/score', assumedBy: [], statements };
  const { accessKeyId, secretAccessKey } = access.issueKey(role);
  assert.equal(access.secrets[accessKeyId], secretAccessKey);
  assert.equal(access.permissionsOf('test'), undefined);
  const permissions = access.permissionsOf(accessKeyId);
  const sibling = access.issueKey(role);
  permissions?.require('s3:GetObject', 'arn:aws:s3:::other/key');
  access.permissionsOf(sibling.accessKeyId)?.require('s3:PutObject', 'arn:aws:s3:::bucket/windows/a');
  assert.deepEqual(access.listUnused(), [{ role: 'score', action: 's3:GetObject', resource: OBJECTS }]);
  for (let time = 0; time < 2; time++)
    assert.throws(() => permissions?.require('sns:Publish', 'topic'), {
      code: 'AuthorizationError',
      status: 403,
      message: /role\/score is not authorized to perform: sns:Publish on resource: "topic"/,
    });
  assert.deepEqual(access.denials, [{ role: 'score', action: 'sns:Publish', resource: 'topic' }]);
  assert.deepEqual(lines, ['iam: score has no permission for sns:Publish on topic']);
});

function read(...Statement: object[]): Statement[] {
  return readPolicy('role', readProperties('role', { Version: '2012-10-17', Statement }));
}
