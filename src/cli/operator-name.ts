import { userInfo } from 'node:os';

/** Who gives an order: as told, else the account's name. */
export function operatorName(told: string | undefined): string {
  if (told !== undefined) return told;
  try {
    return userInfo().username;
  } catch {
    // An account without a name, as in some containers.
    return 'operator';
  }
}
