import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { listItems, nestForm, renderXml } from '../../../../../infra/local/sqs/query-protocol.ts';

describe('nestForm', () => {
  it('nests by periods, and lists by number', () => {
    const form = new URLSearchParams('A.10.K=ten&A.2.K=two&A.1.K=one&A.x=no&B=b');
    const root = nestForm(form);
    const items = listItems(root.get('A')).map((item) => (item instanceof Map ? item.get('K') : undefined));
    assert.deepEqual(items, ['one', 'two', 'ten']);
    assert.equal(root.get('B'), 'b');
    assert.deepEqual(listItems(root.get('B')), []);
  });

  it('survives names that contradict each other', () => {
    assert.deepEqual(nestForm(new URLSearchParams('a=1&a.b=2')).get('a'), new Map([['b', '2']]));
    assert.deepEqual(nestForm(new URLSearchParams('a.b=2&a=1')).get('a'), new Map([['b', '2']]));
    assert.equal(nestForm(new URLSearchParams('__proto__.x=1')).size, 1);
  });
});

it('renderXml writes any text so that a parser reads it back', () => {
  const parser = new XMLParser({ htmlEntities: true, parseTagValue: false, trimValues: false });
  const content = fc
    .string({ unit: 'grapheme' })
    .filter((text) => /^[\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u.test(text));
  fc.assert(
    fc.property(fc.oneof(content, fc.constantFrom('a<b>&"\r\n', '&#13;', ']]>', ' ')), (text) => {
      const xml = renderXml([['T', [['V', text]]]]);
      assert.deepEqual(parser.parse(xml), { T: { V: text } });
      // A parser turns a bare carriage return into a newline.
      assert.ok(!xml.includes('\r'));
    }),
  );
});
