import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  digestAttributes,
  findAttributeFault,
  isContent,
  measureAttributes,
} from '../../../../../infra/local/sqs/message-attributes.ts';

describe('digestAttributes', () => {
  it('is the digest that SQS answers', () => {
    // Recorded from SQS by the moto project, whose tests hold the same value.
    const attributes = { timestamp: { dataType: 'Number', stringValue: '1493147359900' } };
    assert.equal(digestAttributes(attributes), '235c5c510d26fb653d073faed50ae77c');
  });

  it('is, byte by byte, what the developer guide describes', () => {
    const bytes = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from('a'),
      Buffer.from([0, 0, 0, 6]),
      Buffer.from('Binary'),
      Buffer.from([2, 0, 0, 0, 2, 1, 255]),
      Buffer.from([0, 0, 0, 1]),
      Buffer.from('b'),
      Buffer.from([0, 0, 0, 6]),
      Buffer.from('String'),
      Buffer.from([1, 0, 0, 0, 2]),
      Buffer.from('é'),
    ]);
    const attributes = {
      b: { dataType: 'String', stringValue: 'é' },
      a: { dataType: 'Binary', binaryValue: 'Af8=' },
    };
    assert.equal(digestAttributes(attributes), createHash('md5').update(bytes).digest('hex'));
    assert.equal(digestAttributes({}), undefined);
    assert.equal(measureAttributes(attributes), 1 + 6 + 2 + 1 + 6 + 2);
  });
});

describe('findAttributeFault', () => {
  const text = { dataType: 'String', stringValue: 'v' };

  it('takes what SQS takes', () => {
    for (const name of ['a', 'a.b', 'A-1_b', 'awsome', 'x'.repeat(256)])
      assert.equal(findAttributeFault(name, text), undefined, name);
    for (const number of ['0', '-1.5', '3.015e2', '.5', '12345678901234567890'])
      assert.equal(
        findAttributeFault('n', { dataType: 'Number.int', stringValue: number }),
        undefined,
        number,
      );
    assert.equal(findAttributeFault('b', { dataType: 'Binary.gif', binaryValue: 'AA==' }), undefined);
  });

  it('refuses the rest, naming it', () => {
    for (const name of ['', '.a', 'a.', 'a..b', 'a b', 'AWS.x', 'Amazon.x', 'x'.repeat(257)])
      assert.ok(findAttributeFault(name, text)?.includes(`'${name}'`), name);
    for (const number of ['', 'x', '1,5', 'NaN', 'Infinity', '1e', '0x10'])
      assert.ok(findAttributeFault('n', { dataType: 'Number', stringValue: number }), number);
    for (const dataType of ['', 'string', 'Strings', 'String.'])
      assert.match(findAttributeFault('t', { ...text, dataType }) ?? '', /type/, dataType);
    assert.match(findAttributeFault('b', { dataType: 'Binary', stringValue: 'v' }) ?? '', /BinaryValue/);
    assert.match(findAttributeFault('s', { dataType: 'String' }) ?? '', /StringValue/);
  });
});

it('isContent knows the characters of XML 1.0', () => {
  assert.ok(isContent('\t\n\r ~\ud7ff\ue000\ufffd😀'));
  for (const bad of ['\0', '\b', '\u000b', '\u001f', '\ud800', '\udfff', '\ufffe', '\uffff'])
    assert.ok(!isContent(`a${bad}b`), JSON.stringify(bad));
});
