/** What an import of a notebook asks for, before anything is looked up. */

export type PageImport =
  /** A package, as `npm:name@range/path` or the same at a content network, which is how Notebook Kit writes it. */
  | { readonly kind: 'package'; readonly name: string; readonly subpath: string }
  /** Anything else that is not on this machine. */
  | { readonly kind: 'network' }
  /** A file, or a module of the build's own. */
  | { readonly kind: 'local' };

/** Path of an address at a content network that serves packages by their names. */
const AT_CONTENT_NETWORK = /^https?:\/\/[^/]+\/npm\/(.+)$/;
const NAMED = /^((?:@[^/@]+\/)?[^/@]+)(?:@[^/]*)?(\/.*)?$/;

/** Reads an import specifier; versions are dropped, as what is installed decides. */
export function readImport(specifier: string): PageImport {
  const wanted = specifier.startsWith('npm:') ? specifier.slice(4) : AT_CONTENT_NETWORK.exec(specifier)?.[1];
  if (wanted === undefined) return { kind: /^(?:https?:)?\/\/|^jsr:/.test(specifier) ? 'network' : 'local' };
  const [, name, path = ''] = NAMED.exec(wanted) ?? [];
  if (name === undefined) return { kind: 'network' };
  return { kind: 'package', name, subpath: path.replace(/\/?\+esm$/, '') };
}

/**
 * Why a page must not have an import; null when it may.
 *
 * @param declared packages that the project depends on
 */
export function importTrouble(wanted: PageImport, declared: ReadonlySet<string>): string | null {
  switch (wanted.kind) {
    case 'local':
      return null;
    case 'network':
      return 'is on the network, and pages are built and read without one; import an installed package as npm:NAME';
    case 'package':
      return declared.has(wanted.name)
        ? null
        : `is not a package that this project depends on; install it with npm install --save-dev --save-exact ${wanted.name}, or use Plot, Inputs and html`;
  }
}
