import {describe, expect, test} from 'vitest';
import {
	allows, brokenIn, isSpf, joined, leadsTo, lookupsOf, withIncludes,
} from '../../source/dns/spf.js';

const outlook = 'spf.protection.outlook.com';
const records = new Map<string, string | undefined>([
	[outlook, 'v=spf1 ip4:192.0.2.0/24 -all'],
	['flat.example', `v=spf1 include:${outlook} ~all`],
	['loop.example', 'v=spf1 include:loop.example a -all'],
	['none.example', undefined],
]);

describe('an SPF record', () => {
	test('is told from other texts', () => {
		expect(['v=spf1', 'v=spf1 -all', 'V=SPF1 mx', 'v=spf10 -all', ' v=spf1', 'spf2.0/pra', 'v=spf1\u0020'].map(text => isSpf(text))).toEqual([true, true, true, false, false, false, true]);
	});

	test.each([
		[`v=spf1 include:${outlook} -all`, true],
		[`v=spf1 INCLUDE:${outlook.toUpperCase()}. ~all`, true],
		[`v=spf1 +include:${outlook} ?all`, true],
		['v=spf1 include:flat.example -all', true],
		['v=spf1 redirect=flat.example', true],
		['v=spf1 redirect=flat.example -all', false],
		[`v=spf1 -all include:${outlook}`, false],
		[`v=spf1 ?include:${outlook} -all`, false],
		[`v=spf1 -include:${outlook} -all`, false],
		[`v=spf1 a:${outlook} -all`, false],
		[`v=spf1 include:_${outlook} -all`, false],
		['v=spf1 include:loop.example include:none.example -all', false],
	])('"%s" allows Microsoft 365: %s', (text, expected) => {
		expect(allows(text, outlook, records)).toBe(expected);
	});

	test.each([
		['v=spf1 -all', 0],
		['v=spf1 ip4:192.0.2.1 ip6:2001:db8::/32 -all', 0],
		['v=spf1 a mx ptr exists:%{i}.x.example -all', 4],
		['v=spf1 a/24 mx:x.example/24 -all', 2],
		['v=spf1 include:flat.example -all', 2],
		['v=spf1 redirect=flat.example', 2],
		['v=spf1 -all a mx', 0],
		['v=spf1 include:loop.example -all', 3],
		['v=spf1 include:%{d}.x.example -all', 1],
		['v=spf1 include:unknown.example exp=why.example -all', 1],
	])('"%s" takes %s look-ups', (text, expected) => {
		expect(lookupsOf(text, records)).toBe(expected);
	});

	test('names what it leads to, and what is broken of that', () => {
		expect(leadsTo('v=spf1 include:a.example include:%{d}.b.example redirect=c.example')).toEqual(['a.example', 'c.example']);
		expect(brokenIn('v=spf1 include:none.example include:unasked.example include:flat.example -all', records)).toEqual(['none.example']);
	});

	test('is made of several with everything that each holds, and the mildest end', () => {
		expect(joined(['v=spf1 include:a.example ip4:192.0.2.1 -all', 'v=spf1 include:b.example include:a.example ~all'])).toBe('v=spf1 include:a.example ip4:192.0.2.1 include:b.example ~all');
		expect(joined(['v=spf1 +all', 'v=spf1 mx'])).toBe('v=spf1 mx -all');
		expect(joined(['v=spf1 mx', 'v=spf1 redirect=a.example'])).toBeUndefined();
	});

	test('keeps everything it has when something joins it', () => {
		expect(withIncludes('v=spf1 ip4:192.0.2.1  include:news.example ~all', [outlook])).toBe(`v=spf1 include:${outlook} ip4:192.0.2.1 include:news.example ~all`);
	});
});
