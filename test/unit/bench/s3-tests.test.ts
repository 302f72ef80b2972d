import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSummary } from '../../../bench/s3-tests/run-pytest.ts';

test('what pytest prints at its end becomes passed, ran, and the names that did not pass', () => {
  const output = `..F.E
=========================== short test summary info ============================
FAILED s3tests/functional/test_s3.py::test_b - assert 1 == 0
ERROR s3tests/functional/test_s3.py::test_a - botocore.exceptions.ClientError
ERROR s3tests/functional/test_s3.py::test_b - botocore.exceptions.ClientError
1 failed, 3 passed, 549 deselected, 2 errors in 0.02s
`;
  assert.deepEqual(readSummary(output, ''), { passed: 3, ran: 5, failed: ['test_a', 'test_b'] });
});

test('a run that came to nothing is an error with what it said', () => {
  assert.throws(() => readSummary('', 'No module named pytest'), /no module named pytest/i);
});
