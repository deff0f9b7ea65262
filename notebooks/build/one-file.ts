/**
 * A page as one file: scripts and styles of the build stand inside it, so that it opens from a folder as well as from
 * a server, and can be handed on.
 */

/** What a build wrote besides the page, by the path that the page calls it. */
export type BuiltFiles = ReadonlyMap<string, string>;

const SCRIPT = /<script\b[^>]*\bsrc="([^"]+)"[^>]*><\/script>/g;
const STYLE = /<link\b[^>]*\brel="stylesheet"[^>]*\bhref="([^"]+)"[^>]*>/g;

/**
 * @param html the page as the build wrote it
 * @param files path, as in the page without a leading `./`, to text
 * @throws Error when the page asks for a file that the build did not write
 */
export function asOneFile(html: string, files: BuiltFiles): string {
  const textOf = (path: string): string => {
    const text = files.get(path.replace(/^\.\//, ''));
    if (text === undefined) throw new Error(`the page asks for ${path}, which was not built`);
    return text;
  };
  const scripts: string[] = [];
  const styled = html.replace(STYLE, (_tag, path: string) => `<style>${textOf(path)}</style>`);
  const bare = styled.replace(SCRIPT, (_tag, path: string) => {
    scripts.push(`<script type="module">${scriptText(textOf(path))}</script>`);
    return '';
  });
  // After the cells that it fills; a function, because the text of a script is no pattern.
  return bare.replace('</body>', () => `${scripts.join('\n')}\n</body>`);
}

/** In HTML a script ends at the first `</script`, and `<!--` begins a comment, also inside of texts. */
function scriptText(code: string): string {
  return code.replace(/<(\/script|!--)/gi, (_whole, rest: string) => `\\x3C${rest}`);
}
