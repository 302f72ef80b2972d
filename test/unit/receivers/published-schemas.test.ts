/** What receivers send of each state is what the services' published descriptions allow. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { RECEIVER_NAMES, writeReceiverPayloads } from '../../helpers/receiver-payloads.ts';
import { RECEIVER_SCHEMAS } from '../../helpers/receiver-schemas.ts';

for (const name of RECEIVER_NAMES) {
  const validate = new Ajv({ allErrors: true, strict: true, strictTypes: false }).compile(
    RECEIVER_SCHEMAS[name]!,
  );
  test(`${name}: each state, and names that nobody thought of`, async () => {
    for (const { state, payload } of await writeReceiverPayloads(name)) {
      validate(payload);
      assert.deepEqual(validate.errors, null, state);
    }
  });

  test(`${name}: the schema refuses what has another member, or lacks one`, async () => {
    const [{ state, payload }] = await writeReceiverPayloads(name);
    assert.equal(state, 'opened');
    const one = (Array.isArray(payload) ? payload[0] : payload) as object;
    const wrap = (value: object): object => (Array.isArray(payload) ? [value] : value);
    assert.equal(validate(wrap({ ...one, something: 1 })), false);
    const [first, ...rest] = Object.entries(one);
    assert.ok(first !== undefined);
    assert.equal(validate(wrap(Object.fromEntries(rest))), false);
  });
}
