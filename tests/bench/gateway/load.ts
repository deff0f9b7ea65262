/** The load generator: a process of its own, which does one load after the other as it is told to. */
import { burst, leave } from './burst.ts';
import type { LoadOrder } from './load-orders.ts';
import { pace } from './pace.ts';
import { saturate } from './saturate.ts';

function carryOut(order: LoadOrder): Promise<unknown> {
  switch (order.kind) {
    case 'saturate':
      return saturate(order);
    case 'pace':
      return pace(order);
    case 'burst':
      return burst(order);
    case 'leave':
      return leave(order);
  }
}

process.on('message', (order: LoadOrder) => {
  carryOut(order).then(
    (result) => process.send!({ result }),
    (error: unknown) => process.send!({ error: String(error) }),
  );
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit(0));
process.stdout.write('{}\n');
