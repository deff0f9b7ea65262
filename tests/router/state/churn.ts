/**
 * Prints which share of the bytes that go through a `SlotMap` gets into the old generation. A process of its own, as V8 learns
 * from all that runs in one: where the objects of some place in the code have lived long, it makes the next ones old.
 */
import { getHeapSpaceStatistics } from 'node:v8';
import { SlotMap } from '../../../src/router/index.ts';

const REQUESTS = 20_000;
const IN_FLIGHT = 64;
const OBJECTS = 48;
/** Of an object with three fields, with its place in a list. */
const OBJECT_BYTES = 56;

interface Churned {
  set(key: string, value: object): unknown;
  delete(key: string): boolean;
}

/** Lets many values of some kilobytes through a map that is not young any more and holds few at a time. */
function churn(map: Churned): number {
  for (let request = 0; request < IN_FLIGHT; request += 1) map.set(`r${request}`, value(request));
  // Small collections come and go, until what the map consists of counts as old.
  for (let request = 0; request < REQUESTS; request += 1) value(request);
  const before = oldGeneration();
  for (let request = IN_FLIGHT; request < REQUESTS; request += 1) {
    map.set(`r${request}`, value(request));
    map.delete(`r${request - IN_FLIGHT}`);
  }
  return (oldGeneration() - before) / (REQUESTS * OBJECTS * OBJECT_BYTES);
}

function value(request: number): object {
  return Array.from({ length: OBJECTS }, (_, index) => ({ request, index, next: null }));
}

function oldGeneration(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')!.space_used_size;
}

process.stdout.write(`${churn(process.argv[2] === 'map' ? new Map<string, object>() : new SlotMap<object>())}\n`);
