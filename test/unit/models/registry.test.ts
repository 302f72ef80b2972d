import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isModelKind, MODEL_KINDS } from '../../../lib/config/model-kind.ts';
import { getModel } from '../../../lib/models/registry.ts';

test('every kind has a model that calls itself so', async () => {
  for (const kind of MODEL_KINDS) assert.equal((await getModel(kind)).kind, kind);
});

test('an unknown kind is named, with the known ones', async () => {
  await assert.rejects(getModel('perceptron'), {
    name: 'ModelError',
    message: /"perceptron" is none of .*isolation-forest/,
  });
  // Not found by way of Object.prototype.
  await assert.rejects(getModel('constructor'), { name: 'ModelError' });
  assert.equal(isModelKind('toString'), false);
});
