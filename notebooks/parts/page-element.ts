/** The little of a page's document that the parts of notebooks touch; the rest is Plot's and the cells'. */

export interface PageElement {
  innerHTML: string;
  setAttribute(name: string, value: string): void;
  append(...nodes: readonly unknown[]): void;
}

interface PageDocument {
  createElement(name: string): PageElement;
}

/** @param className its classes, separated by spaces */
export function pageElement(name: string, className: string): PageElement {
  const { document } = globalThis as unknown as { readonly document: PageDocument };
  const element = document.createElement(name);
  element.setAttribute('class', className);
  return element;
}

/** An element around markup that is safe already. */
export function markup(name: string, className: string, html: string): PageElement {
  const element = pageElement(name, className);
  element.innerHTML = html;
  return element;
}
