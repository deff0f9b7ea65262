import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** Until it is known, px. */
const WIDTH_AT_FIRST = 300;

/** The width of a drawing on the page, px, as it is now. */
export function useWidth(): { readonly width: number; readonly frame: RefObject<SVGSVGElement | null> } {
  const frame = useRef<SVGSVGElement>(null);
  const [width, setWidth] = useState(WIDTH_AT_FIRST);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? WIDTH_AT_FIRST)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { width, frame };
}
