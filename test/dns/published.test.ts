import {describe, expect, test} from 'vitest';
import {lookUp} from '../../source/dns/published.js';
import {type FailureError} from '../../source/mailbox/failure.js';
import {
	atWorkmail, checksBy, checksOf, domain, patience, serve, wellSet, without, world,
} from './looking.js';

describe('a question', () => {
	test.each([
		['servfail', 'servfail'], ['refused', 'refused'], ['silent', 'timeout'],
	] as const)('that met "%s" is told as such, not as missing', async (trouble, why) => {
		const checks = await checksOf(wellSet, {troubles: Object.fromEntries([['_dmarc.contoso.com', trouble]])});
		expect(checks.dmarc).toMatchObject({verdict: 'unknown', finding: 'lookup-failed'});
		expect(checks.dmarc.answers[0]!.answer).toEqual({status: 'failed', why});
		expect(checks.mx.verdict).toBe('ok');
	});

	test('whose answer is too long for UDP is asked again over TCP', async () => {
		const many = Array.from({length: 12}, (_, index) => `contoso.com TXT ${'verification-of-something='.repeat(4)}${index}`);
		const checks = await checksOf([...many, ...wellSet]);
		expect(checks.spf.verdict).toBe('ok');
		expect(checks.verification.verdict).toBe('ok');
	});

	test('that an include failed to answer makes no record broken', async () => {
		const checks = await checksOf(wellSet, {troubles: Object.fromEntries([['spf.protection.outlook.com', 'servfail']])});
		expect(checks.spf).toMatchObject({verdict: 'ok'});
	});
});

describe('where nobody answers', () => {
	const failureOf = async (resolvers: readonly string[]) => {
		try {
			await lookUp(domain, {resolvers, signal: new AbortController().signal, patience});
		} catch (error) {
			return (error as FailureError).failure;
		}

		return undefined;
	};

	test('the failure names each server and what it did', async () => {
		const silent = await serve({zone: [], troubles: Object.fromEntries([['*', 'silent']])});
		const closed = '127.0.0.1:9';
		expect(await failureOf([silent.address, closed])).toMatchObject({code: 'host-unreachable', detail: expect.stringMatching(new RegExp(`${silent.address} did not answer.*${closed} could not be reached`, 'v')) as unknown});
	});

	test('one that answers is enough', async () => {
		const silent = await serve({zone: [], troubles: Object.fromEntries([['*', 'silent']])});
		const good = await serve({zone: [...world, ...wellSet]});
		const checks = await checksBy([silent.address, good.address]);
		expect(checks.mx).toMatchObject({verdict: 'ok', notes: []});
	});

	test('of the public resolvers, this machine\'s own is asked', async () => {
		const own = await serve({zone: [...world, ...wellSet, 'ns1.contoso.com A 127.0.0.2']});
		const zone = await serve({zone: wellSet, address: '127.0.0.2'});
		const {mx} = await checksBy([], {usual: {open: ['127.0.0.1:9'], own: [own.address]}, zonePort: zone.port});
		expect(mx.verdict).toBe('ok');
		expect(mx.answers.map(({server}) => server)).toEqual(['ns1.contoso.com', `this machine's resolver ${own.address}`]);
	});

	test('of the public resolvers but one, that one is asked, and not this machine\'s', async () => {
		const open = await serve({zone: [...world, ...wellSet]});
		const own = await serve({zone: []});
		const {mx} = await checksBy([], {usual: {open: ['127.0.0.1:9', open.address], own: [own.address]}, zonePort: 9});
		expect(mx).toMatchObject({verdict: 'ok', answers: [{server: open.address}]});
		expect(own.asked).toEqual([]);
	});

	test('a request to stop ends the waiting', async () => {
		const silent = await serve({zone: [], troubles: Object.fromEntries([['*', 'silent']])});
		const control = new AbortController();
		const looking = lookUp(domain, {resolvers: [silent.address], signal: control.signal, patience: {timeout: 60_000, tries: 1, deadline: 60_000}});
		control.abort(new Error('enough'));
		await expect(looking).rejects.toThrow('enough');
	});
});

describe('servers that differ', () => {
	test('are told: some remember, some know already', async () => {
		const old = await serve({zone: [...world, ...atWorkmail]});
		const young = await serve({zone: [...world, ...wellSet]});
		const checks = await checksBy([young.address, old.address]);
		expect(checks.mx).toMatchObject({verdict: 'ok', notes: [expect.stringContaining(`${old.address} says otherwise: "10 inbound-smtp.eu-west-1.amazonaws.com"`)]});
	});

	test('do not differ by the order or the case of what they say', async () => {
		const two = ['contoso.com MX 5 a.filter.example', 'contoso.com MX 5 b.filter.example'];
		const first = await serve({zone: two});
		const second = await serve({zone: two.map(line => line.replace('filter', 'FILTER')).reverse()});
		expect(await checksBy([first.address, second.address])).toMatchObject({mx: {notes: []}});
	});

	test('are judged by the zone\'s own, which know what is published', async () => {
		const zone = await serve({zone: wellSet, address: '127.0.0.2'});
		const remembering = [...world, ...atWorkmail, 'contoso.com NS ns1.contoso.com', 'ns1.contoso.com A 127.0.0.2'];
		const resolver = await serve({zone: remembering});
		const checks = await checksBy([resolver.address], {zonePort: zone.port});
		expect(checks.mx).toMatchObject({verdict: 'ok', notes: [expect.stringContaining('says otherwise')]});
		expect(checks.mx.answers).toEqual([expect.objectContaining({server: 'ns1.contoso.com', isZones: true}), expect.objectContaining({server: resolver.address, isZones: false})]);
		// Names of others are not asked there.
		expect(zone.asked.filter(question => !question.includes('contoso.com '))).toEqual([]);
	});

	test('below a domain belong to the zone above it', async () => {
		const zone = await serve({zone: ['mail.contoso.com MX 0 x.example'], address: '127.0.0.2'});
		const resolver = await serve({zone: ['contoso.com NS ns1.contoso.com', 'ns1.contoso.com A 127.0.0.2', 'mail.contoso.com MX 0 x.example']});
		const checks = await checksBy([resolver.address], {of: 'mail.contoso.com', zonePort: zone.port});
		expect(checks.mx.answers.map(({isZones}) => isZones)).toEqual([true, false]);
		expect(zone.asked).toContain('mail.contoso.com MX');
	});

	test('of a zone that hands a name on to others do not make it missing', async () => {
		const zone = await serve({zone: without(wellSet, '_dmarc'), address: '127.0.0.2'});
		const resolver = await serve({zone: [...world, ...wellSet, 'ns1.contoso.com A 127.0.0.2']});
		const checks = await checksBy([resolver.address], {zonePort: zone.port});
		expect(checks.dmarc).toMatchObject({verdict: 'ok', notes: [expect.stringContaining('The zone\'s own name server ns1.contoso.com says otherwise: no such name')]});
	});

	test('of a zone that are not asked where a person named whom to ask', async () => {
		const zone = await serve({zone: wellSet, address: '127.0.0.2'});
		const resolver = await serve({zone: [...world, ...wellSet, 'ns1.contoso.com A 127.0.0.2']});
		await checksBy([resolver.address]);
		expect(zone.asked).toEqual([]);
	});
});
