import {expect, test} from 'vitest';
import {oneByOne} from '../../source/destinations/one-by-one.js';

test('a task begins when the one before it is over, in the order given, and one that fails holds up none', async () => {
	const inTurn = oneByOne();
	const seen: string[] = [];
	const task = async (name: string, fails = false): Promise<string> => inTurn(async () => {
		seen.push(`${name} begins`);
		await new Promise(resolve => {
			setImmediate(resolve);
		});
		seen.push(`${name} ends`);
		if (fails) {
			throw new Error(name);
		}

		return name;
	});
	const results = await Promise.allSettled([task('a'), task('b', true), task('c')]);
	expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
	expect(results).toMatchObject([{value: 'a'}, {reason: new Error('b')}, {value: 'c'}]);
});
