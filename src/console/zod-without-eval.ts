/**
 * Tells zod not to build validators from text, which the page's content security policy forbids. It is asked for when
 * a schema is made, so this is to be imported before any of them.
 */
import { config } from 'zod';

config({ jitless: true });
