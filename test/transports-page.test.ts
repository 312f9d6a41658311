import {expect, test} from 'vitest';
import {transportsPage} from './transports-page.js';

test('docs/transports.md is what the stand-in shows (else: npx vitest run test/transports-page.test.ts --update)', async () => {
	await expect(await transportsPage()).toMatchFileSnapshot('../docs/transports.md');
}, 240_000);
