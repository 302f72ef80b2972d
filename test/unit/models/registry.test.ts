import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODEL_KINDS } from '../../../lib/models/contract.ts';
import { getModel, isModelKind } from '../../../lib/models/registry.ts';

test('every kind has a model that calls itself so', () => {
  for (const kind of MODEL_KINDS) assert.equal(getModel(kind).kind, kind);
});

test('an unknown kind is named, with the known ones', () => {
  assert.throws(() => getModel('prophet'), {
    name: 'ModelError',
    message: /"prophet" is none of isolation-forest/,
  });
  // Not found by way of Object.prototype.
  assert.throws(() => getModel('constructor'), { name: 'ModelError' });
  assert.equal(isModelKind('toString'), false);
});
