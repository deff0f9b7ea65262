import { useEffect, useState } from 'preact/hooks';
import { placeOf, type Place } from './place.ts';

/** Where one is; follows the address. */
export function usePlace(): Place {
  const [hash, setHash] = useState(() => location.hash);
  useEffect(() => {
    const follow = (): void => setHash(location.hash);
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return placeOf(hash);
}
