import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT_CODES } from '../../../lib/cli/exit-code.ts';
import { runTestCli } from '../../helpers/cli.ts';
import { createMemoryObjectStore } from '../../helpers/memory-object-store.ts';

test('an environment that says neither who asks nor where is named, with exit code 2', async () => {
  const cases = [
    [new Error('Region is missing'), /AWS_REGION is not set/],
    [
      Object.assign(new Error('Could not load'), { name: 'CredentialsProviderError' }),
      /AWS_PROFILE, or AWS_ACCESS/,
    ],
  ] as const;
  for (const [error, message] of cases) {
    const store = createMemoryObjectStore({ pause: () => Promise.reject(error) });
    const { code, stderr } = await runTestCli(['status'], store);
    assert.equal(code, EXIT_CODES.usage.code);
    assert.match(stderr, message);
  }
});
