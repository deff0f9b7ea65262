/** A pool to say routes over: two providers, a key with a number before its alias, models with dots in their names. */

const prices = { inputUsdPerMillion: 1, outputUsdPerMillion: 4 };

export const PROVIDERS = [
  {
    id: 'north',
    keys: [{ alias: '1-main' }, { alias: 'spare' }],
    models: [
      { id: 'n-4.1', prices },
      { id: 'mini', prices },
    ],
  },
  { id: 'south', keys: [{ alias: 'only' }], models: [{ id: 's-2', prices }] },
];

export const N_41 = ['north.1-main.n-4.1', 'north.spare.n-4.1'];
export const MINI = ['north.1-main.mini', 'north.spare.mini'];
export const S_2 = ['south.only.s-2'];
