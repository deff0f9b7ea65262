// Plain JavaScript, because a thread has to be able to start before tsx can read TypeScript.
import { register } from 'tsx/esm/api';

register();
await import('./worker-thread.ts');
