#!/usr/bin/env node
// Plain JavaScript, because Node has to be able to start it before tsx can read TypeScript.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
