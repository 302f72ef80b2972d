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

test('a bucket that cannot be reached is told with its address and what says where it is, with exit code 1', async () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
  });
  const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.invalid'), {
    syscall: 'getaddrinfo',
  });
  const cases = [
    [refused, '127.0.0.1:9'],
    // As Node tells of a name with several addresses.
    [new AggregateError([refused]), '127.0.0.1:9'],
    [unknown, 'nowhere.invalid'],
  ] as const;
  for (const [error, address] of cases) {
    const store = createMemoryObjectStore({ pause: () => Promise.reject(error) });
    const { code, stderr } = await runTestCli(['status'], store);
    assert.equal(code, EXIT_CODES.failed.code);
    assert.match(stderr, /AWS_ENDPOINT_URL.*npm run emulator.*\(no-connection\)/);
    assert.ok(stderr.includes(address), stderr);
  }
});

test('what breaks off while the bucket answers is told as it is', async () => {
  const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
  const store = createMemoryObjectStore({ pause: () => Promise.reject(error) });
  const { stderr } = await runTestCli(['status'], store);
  assert.match(stderr, /^error: read ECONNRESET \(ECONNRESET\)/);
});
