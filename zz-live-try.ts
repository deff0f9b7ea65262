import { validateLive, LIVE_VALIDATION } from '/work/main/src/cli/validate/validate-live.ts';
const [hours, speed, seed, a, b] = process.argv.slice(2).map(Number);
const start = Date.now();
const checks = await validateLive({ ...LIVE_VALIDATION, hours: hours!, speed: speed!, seed: seed!, requestsPerSecond: [a ?? 1.2, b ?? 1.7], samples: null });
for (const c of checks) console.log(c.pass ? 'pass' : 'FAIL', c.name.padEnd(20), c.value?.toFixed(4), '<=', c.limit.toFixed(4), c.detail);
console.log((Date.now() - start) / 1000, 's');
process.exit(0);
