/** What well-known commands do with files: they write, read or search them, or it depends on what comes behind. */

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

export const WRITING_COMMANDS = words(
  `apply_patch applypatch patch ed ex mv cp rm rmdir mkdir touch ln chmod chown truncate dd install rsync unzip
   set-content add-content out-file new-item remove-item move-item copy-item rename-item`,
);

export const READING_COMMANDS = words(
  `cat head tail sed awk gawk mawk less more bat batcat nl tac xxd hexdump od strings wc cut jq yq file stat diff cmp
   column get-content gc type`,
);

export const SEARCHING_COMMANDS = words(
  `rg ripgrep grep egrep fgrep zgrep ag ack find fd fdfind ls dir tree locate which whereis
   get-childitem gci select-string`,
);

/** Of git, by its subcommand. */
export const GIT_WRITES = words(
  `add commit apply am checkout switch restore reset rm mv merge rebase cherry-pick revert stash push pull clone init
   clean tag worktree submodule`,
);
export const GIT_READS = words('show diff cat-file');
export const GIT_SEARCHES = words('log grep blame ls-files ls-tree shortlog reflog status');

const INSTALLS = words('install i ci add remove rm uninstall update upgrade up sync get require');

/** Each with the words that make it change what is installed. */
export const PACKAGE_MANAGERS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ...`npm pnpm yarn bun pip pip3 pipx uv poetry conda mamba apt apt-get aptitude dnf yum apk zypper brew gem bundle
      composer cargo go dotnet winget choco scoop`
    .split(/\s+/)
    .map((name) => [name, INSTALLS] as const),
  ['pacman', words('-S -Sy -Syu -R -Rs -U')],
]);

/** They run another command that stands behind them. */
export const WRAPPERS = words(
  `sudo doas env time nice ionice nohup setsid stdbuf timeout command exec builtin xargs
   if then else elif while until do ! {`,
);
/** Options of theirs that have their value as the next word. */
export const WRAPPER_VALUE_OPTIONS = words(
  '-u -g -n -c -C -I -L -P -d -s -k -S --user --group --unset --chdir --signal',
);

export const SHELLS = words('bash sh zsh dash ksh fish pwsh powershell');
