/**
 * The command worked and the answer is no: a parity break, a guardrail that was crossed, a simulator that
 * disagrees with theory. The command line prints the message and leaves with exit code 1.
 */
export class CheckFailed extends Error {
  override readonly name = 'CheckFailed';
}
