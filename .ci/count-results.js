// Prints "N passed, N failed" from the JSON report of Vitest whose path is the argument, as its only line.
// A test file that could not even be loaded counts as one failure, and so does a missing report.
import { readFileSync } from 'node:fs';

/** @param {string} path */
function countResults(path) {
  let report;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { passed: 0, failed: 1 };
  }
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
}

const { passed, failed } = countResults(process.argv[2] ?? '');
process.stdout.write(`${passed} passed, ${failed} failed\n`);
