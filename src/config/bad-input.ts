/**
 * Something a person wrote (a file, a flag, an environment variable) cannot be used. The message is one
 * line for that person: where (file, path, field), what is wrong, what to do. The command line prints it
 * after `tokenpool:` and leaves with exit code 2. Bugs in the program are never a `BadInput`.
 */
export class BadInput extends Error {
  override readonly name = 'BadInput';
}
