import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandCategory } from '../../../src/protocols/conversation/shell-command.ts';

describe('B.3 the category of a shell command', () => {
  it.each([
    ['a here-document', "cat <<'EOF'\ntext\nEOF"],
    ['a here-document into a file', 'cat > a.txt <<-EOF\ncat x\nEOF'],
    ['a redirection', 'echo x > a.txt'],
    ['an appending one', 'echo x>>a.txt'],
    ['a forced one', 'echo x >| a.txt'],
    ['one of both streams', 'make &> log.txt'],
    ['one of both streams, the other way', 'make >& log.txt'],
    ['one of the errors', 'make 2>errors.txt'],
    ['apply_patch', "apply_patch '*** Begin Patch'"],
    ['tee', 'make | tee log.txt'],
    ['sed -i', "sed -i 's/a/b/' x"],
    ['sed with the option among others', "sed -Ei.bak 's/a/b/' x"],
    ['sed --in-place', "sed --in-place 's/a/b/' x"],
    ['perl -pi', "perl -pi -e 's/a/b/' x"],
    ['git add', 'git add .'],
    ['git commit', 'git -C folder -c a=b commit -m "git log"'],
    ['git apply', 'git apply x.patch'],
    ['npm install', 'npm install'],
    ['npm -g', 'npm -g install x'],
    ['pip', 'pip install -r requirements.txt'],
    ['pip as a module', 'python3 -m pip install x'],
    ['uv pip', 'uv pip install x'],
    ['apt-get', 'sudo apt-get install -y jq'],
    ['cargo', 'cargo add serde'],
    ['files moved', 'mv a b'],
    ['folders made', 'mkdir -p a/b'],
    ['find -delete', 'find . -name x -delete'],
    ['find -exec', 'find . -exec rm {} +'],
    ['xargs', 'rg -l foo | xargs sed -i s/a/b/'],
    ['the second of a list', 'cat x && rm x'],
    ['the first of a list', 'rm x; cat y'],
    ['a shell within', 'bash -lc "cat x > y"'],
    ['a subshell', '(cd a && rm b)'],
    ['a substitution', 'echo $(rm a)'],
  ])('writes: %s', (_, command) => {
    expect(commandCategory(command)).toBe('write');
  });

  it.each([
    ['cat', 'cat x'],
    ['head', 'head -n 20 x'],
    ['sed -n', "sed -n '1,20p' x"],
    ['awk with a comparison', "awk '$1 > 3' x"],
    ['a path', '/usr/bin/cat x'],
    ['sudo', 'sudo -u bob cat x'],
    ['env', 'env -i A=1 B="x y" cat x'],
    ['assignments', 'A=1 B=2 cat x'],
    ['time', 'time -p cat x'],
    ['timeout', 'timeout 10s cat x'],
    ['bash -lc', 'bash -lc "cat x"'],
    ['bash -lc of bash', `bash -lc "bash -c 'cat x'"`],
    ['errors dropped', 'cat x 2>/dev/null'],
    ['errors with the rest', 'cat x 2>&1'],
    ['output dropped', 'cat x >/dev/null'],
    ['both dropped', 'cat x &>/dev/null'],
    ['output to the errors', 'cat x >&2'],
    ['input from a file', 'cat < x'],
    ['a here-string', 'cat <<< x'],
    ['a redirection in quotes', 'cat \'a > b\' "c > d"'],
    ['an escaped one', 'cat a\\>b'],
    ['one in a comment', 'cat x # > y'],
    ['a pipe of readers', 'cat x | head -5'],
    ['behind a change of folder', 'cd a && cat x'],
    ['behind a search', 'ls && cat x'],
    ['git show', 'git show HEAD'],
    ['a loop', 'for f in *; do cat $f; done'],
    ['a line carried on', 'cat \\\n  x'],
    ['a program of Windows', 'powershell.exe -Command "Get-Content x"'],
  ])('reads: %s', (_, command) => {
    expect(commandCategory(command)).toBe('read');
  });

  it.each([
    ['rg', 'rg foo src'],
    ['grep', 'grep -rn foo .'],
    ['find', 'find . -name x'],
    ['ls', 'ls -la'],
    ['tree', 'tree'],
    ['git log', 'git log --oneline'],
    ['git grep', 'git grep foo'],
    ['git blame', 'git blame x'],
    ['a search whose end is cut', 'rg foo | head -20'],
    ['a search in what is read', 'cat x | grep y'],
    ['a search by xargs', 'cat names | xargs -n 1 grep foo'],
    ['two searches', 'ls; rg foo'],
  ])('searches: %s', (_, command) => {
    expect(commandCategory(command)).toBe('search');
  });

  it.each([
    '',
    ' ',
    'npm test',
    'echo x',
    'cd a',
    'git push-x',
    'python x.py',
    'make',
    '"',
    "'cat x",
    '|',
    '> ',
    '&&',
    'sudo',
    'bash -lc',
  ])('is something else: %j', (command) => {
    expect(commandCategory(command)).toBe('other');
  });

  it.each([
    [['bash', '-lc', 'cat x > y'], 'write'],
    [['bash', '-lc', 'rg foo | head'], 'search'],
    [['cat', 'a > b'], 'read'],
    [['apply_patch', '*** Begin Patch'], 'write'],
    [[], 'other'],
  ] as const)('takes a program with its arguments: %j is %s', (command, expected) => {
    expect(commandCategory(command)).toBe(expected);
  });

  it('never throws, however broken the command', () => {
    const piece = fc.constantFrom(
      "'",
      '"',
      '\\',
      '$(',
      '(',
      ')',
      '`',
      '|',
      '&',
      ';',
      '>',
      '<',
      '2',
      '#',
      ' ',
      '\n',
      'cat',
      'bash -c ',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 5 }))), (pieces) => {
        expect(['write', 'read', 'search', 'other']).toContain(commandCategory(pieces.join('')));
      }),
    );
  });
});
