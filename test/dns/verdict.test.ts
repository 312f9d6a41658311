import {describe, expect, test} from 'vitest';
import {
	atWorkmail, checksOf, wellSet, without,
} from './looking.js';

const findings = (checks: Awaited<ReturnType<typeof checksOf>>) => Object.fromEntries(Object.entries(checks).map(([record, {verdict, finding}]) => [record, `${verdict} ${finding}`]));

describe('a domain', () => {
	test('that has moved is ok in every record', async () => {
		const checks = await checksOf(wellSet);
		expect(findings(checks)).toEqual({
			verification: 'ok verification-there', spf: 'ok spf-good', 'dkim-selector1': 'ok dkim-good', 'dkim-selector2': 'ok dkim-good', mx: 'ok mx-microsoft-classic', autodiscover: 'ok autodiscover-good', dmarc: 'ok dmarc-good',
		});
		expect(checks['dkim-selector1'].words).toContain('which is there');
		expect(checks['dkim-selector2'].notes.join(' ')).toContain('no key at its end yet');
	});

	test('that is still in WorkMail is told so', async () => {
		const checks = await checksOf(atWorkmail);
		expect(findings(checks)).toEqual({
			verification: 'missing not-published', spf: 'differs spf-without-microsoft', 'dkim-selector1': 'missing not-published', 'dkim-selector2': 'missing not-published', mx: 'differs mx-workmail', autodiscover: 'differs autodiscover-workmail', dmarc: 'ok dmarc-good',
		});
		expect(checks.spf.suggestion).toBe('v=spf1 include:spf.protection.outlook.com include:amazonses.com ~all');
		expect(checks.dmarc.notes.join(' ')).toContain('p=quarantine holds already');
	});

	test('that does not exist has nothing, and that is no failed look-up', async () => {
		const checks = await checksOf([]);
		expect(new Set(Object.values(checks).map(({verdict}) => verdict))).toEqual(new Set(['missing']));
		expect(checks.mx.answers[0]!.answer).toEqual({status: 'absent', why: 'no-name'});
	});

	test('below another one has its own records, and the policy of the one above', async () => {
		const zone = [...wellSet, 'mail.contoso.com MX 0 mail-contoso-com.mail.protection.outlook.com', 'mail-contoso-com.mail.protection.outlook.com A 192.0.2.9'];
		const checks = await checksOf(zone, {of: 'mail.contoso.com'});
		expect(findings(checks)).toMatchObject({mx: 'ok mx-microsoft-classic', spf: 'missing not-published', dmarc: 'ok dmarc-above'});
		expect(checks.mx.answers[0]!.answer.status).toBe('found');
		expect(checks.spf.answers[0]!.answer).toEqual({status: 'absent', why: 'no-data'});
	});

	test('in other scripts is looked up in ASCII', async () => {
		const checks = await checksOf(['xn--mnchen-3ya.example MX 0 mnchen-example01b.mail.protection.outlook.com', 'mnchen-example01b.mail.protection.outlook.com A 192.0.2.9'], {of: 'xn--mnchen-3ya.example'});
		expect(findings(checks)).toMatchObject({mx: 'ok mx-microsoft-classic'});
	});
});

const mx = async (...hosts: readonly string[]) => (await checksOf([...without(wellSet, 'contoso.com MX'), ...hosts.map(host => `contoso.com MX ${host}`)])).mx; // eslint-disable-line unicorn/no-await-expression-member -- short

describe('MX is', () => {
	test.each([
		['still WorkMail', ['10 inbound-smtp.us-east-1.amazonaws.com'], 'differs', 'mx-workmail'],
		['mixed', ['0 contoso-com.mail.protection.outlook.com', '10 inbound-smtp.eu-west-1.amazonaws.com'], 'differs', 'mx-mixed'],
		['mixed with others', ['0 contoso-com.mail.protection.outlook.com', '10 backup.example'], 'differs', 'mx-mixed'],
		['Microsoft classic', ['0 CONTOSO-com.mail.protection.OUTLOOK.com'], 'ok', 'mx-microsoft-classic'],
		['Microsoft new', ['0 contoso-com.s-v1.mx.microsoft'], 'ok', 'mx-microsoft-new'],
		['Microsoft classic and new', ['0 contoso-com.mail.protection.outlook.com', '10 contoso-com.s-v1.mx.microsoft'], 'ok', 'mx-microsoft-classic'],
		['other', ['10 mx1.filter.example', '20 mx2.filter.example'], 'unknown', 'mx-other'],
		['a name that only looks like WorkMail', ['10 inbound-smtp.eu-west-1.amazonaws.com.evil.example'], 'unknown', 'mx-other'],
		['a name that only looks like Microsoft', ['10 contoso-com.mail.protection.outlook.com.evil.example'], 'unknown', 'mx-other'],
		['another cloud\'s', ['0 contoso-com.mail.protection.office365.us'], 'differs', 'mx-other-cloud'],
		['a name that Microsoft never gave out', ['0 contoso-com0i.mail.protection.outlook.com'], 'differs', 'mx-dangling'],
		['null', ['0 .'], 'differs', 'mx-null'],
		['missing', [], 'missing', 'not-published'],
	])('%s', async (_, hosts, verdict, finding) => {
		expect(await mx(...hosts)).toMatchObject({verdict, finding});
	});

	test('doubted where it bears another domain\'s name', async () => {
		const checks = await checksOf([...without(wellSet, 'contoso.com MX'), 'contoso.com MX 0 fabrikam-com.mail.protection.outlook.com', 'fabrikam-com.mail.protection.outlook.com A 192.0.2.9']);
		expect(checks.mx).toMatchObject({verdict: 'unknown', finding: 'mx-doubtful'});
	});

	test('said with every host, the preferred first', async () => {
		expect(await mx('20 b.filter.example', '5 a.filter.example')).toMatchObject({published: ['5 a.filter.example', '20 b.filter.example']});
	});
});

const spf = async (texts: readonly string[], more: readonly string[] = []) => (await checksOf([...without(wellSet, 'contoso.com TXT v=spf1'), ...texts.map(text => `contoso.com TXT ${text}`), ...more])).spf; // eslint-disable-line unicorn/no-await-expression-member -- short

describe('SPF', () => {
	test.each([
		['that is one record in several strings is joined', ['v=spf1 include:spf.protec|tion.outlook.com -all'], 'ok', 'spf-good'],
		['twice counts for nothing', ['v=spf1 include:spf.protection.outlook.com -all', 'v=spf1 include:amazonses.com ~all'], 'differs', 'spf-double'],
		['without Microsoft', ['v=spf1 include:amazonses.com -all'], 'differs', 'spf-without-microsoft'],
		['with Microsoft behind "all"', ['v=spf1 -all include:spf.protection.outlook.com'], 'differs', 'spf-without-microsoft'],
		['that lets everybody in', ['v=spf1 include:spf.protection.outlook.com +all'], 'differs', 'spf-open'],
		['that leads nowhere', ['v=spf1 include:spf.protection.outlook.com include:gone.example -all'], 'differs', 'spf-broken'],
		['that takes too much looking up', [`v=spf1 include:spf.protection.outlook.com ${Array.from({length: 10}, (_, index) => `a:h${index}.example`).join(' ')} -all`], 'differs', 'spf-too-many-lookups'],
		['that just does not', [`v=spf1 include:spf.protection.outlook.com ${Array.from({length: 9}, (_, index) => `a:h${index}.example`).join(' ')} -all`], 'ok', 'spf-good'],
		['with both sides, after the move', ['v=spf1 include:spf.protection.outlook.com include:amazonses.com -all'], 'ok', 'spf-good'],
		['missing', ['google-site-verification=x'], 'missing', 'not-published'],
	])('%s', async (_, texts, verdict, finding) => {
		expect(await spf(texts)).toMatchObject({verdict, finding});
	});

	test('twice is joined in what is advised', async () => {
		expect(await spf(['v=spf1 include:news.example -all', 'v=spf1 include:amazonses.com ~all'], ['news.example TXT v=spf1 -all'])).toMatchObject({suggestion: 'v=spf1 include:spf.protection.outlook.com include:news.example include:amazonses.com ~all'});
	});

	test('counts what records of others look up, too', async () => {
		const deep = Array.from({length: 4}, (_, index) => `d${index}.example TXT v=spf1 include:e${index}.example a -all`);
		const deeper = Array.from({length: 4}, (_, index) => `e${index}.example TXT v=spf1 mx -all`);
		expect(await spf([`v=spf1 include:spf.protection.outlook.com ${deep.map((_, index) => `include:d${index}.example`).join(' ')} -all`], [...deep, ...deeper])).toMatchObject({finding: 'spf-too-many-lookups', words: expect.stringContaining('17 look-ups') as unknown});
	});

	test('that includes in circles comes to an end', async () => {
		expect(await spf(['v=spf1 include:a.example include:spf.protection.outlook.com -all'], ['a.example TXT v=spf1 include:b.example -all', 'b.example TXT v=spf1 include:a.example -all'])).toMatchObject({verdict: 'ok'});
	});

	test('must hold WorkMail while mail still comes there', async () => {
		const checks = await checksOf([...without(atWorkmail, 'contoso.com TXT'), 'contoso.com TXT v=spf1 ip4:192.0.2.7 include:spf.protection.outlook.com ~all']);
		expect(checks.spf).toMatchObject({verdict: 'differs', finding: 'spf-without-workmail', suggestion: 'v=spf1 include:amazonses.com ip4:192.0.2.7 include:spf.protection.outlook.com ~all'});
	});

	test('may let WorkMail go afterwards', async () => {
		const {notes} = await spf(['v=spf1 include:spf.protection.outlook.com include:amazonses.com -all']);
		expect(notes).toEqual([expect.stringContaining('can go')]);
	});
});

describe('DKIM', () => {
	const dkim = async (selector: 1 | 2, ...lines: readonly string[]) => (await checksOf([...without(wellSet, `selector${selector}`), ...lines]))[`dkim-selector${selector}`]; // eslint-disable-line unicorn/no-await-expression-member -- short

	test.each([
		['that leads there over another name', ['selector1._domainkey.contoso.com CNAME dkim.hoster.example', 'dkim.hoster.example CNAME selector1-contoso-com._domainkey.contoso.onmicrosoft.com'], 'ok', 'dkim-good'],
		['whose names were swapped', ['selector1._domainkey.contoso.com CNAME selector2-contoso-com._domainkey.contoso.onmicrosoft.com'], 'differs', 'dkim-swapped'],
		['that leads elsewhere', ['selector1._domainkey.contoso.com CNAME x.dkim.amazonses.com'], 'differs', 'dkim-elsewhere'],
		['that is a text', ['selector1._domainkey.contoso.com TXT v=DKIM1; p=MIIB'], 'differs', 'dkim-no-alias'],
		['of another domain', ['selector1._domainkey.contoso.com CNAME selector1-fabrikam-com._domainkey.fabrikam.onmicrosoft.com'], 'unknown', 'dkim-doubtful'],
		['that goes in circles', ['selector1._domainkey.contoso.com CNAME a.example', 'a.example CNAME b.example', 'b.example CNAME a.example'], 'differs', 'dkim-elsewhere'],
		['missing', [], 'missing', 'not-published'],
	])('%s', async (_, lines, verdict, finding) => {
		expect(await dkim(1, ...lines)).toMatchObject({verdict, finding});
	});

	test('has a newer form, with letters added', async () => {
		expect(await dkim(2, 'selector2._domainkey.contoso.com CNAME selector2-contoso-com01be2e._domainkey.Contoso.w-v1.dkim.mail.microsoft')).toMatchObject({verdict: 'ok'});
	});
});

describe('autodiscover', () => {
	const autodiscover = async (...lines: readonly string[]) => (await checksOf([...without(wellSet, 'autodiscover'), ...lines])).autodiscover; // eslint-disable-line unicorn/no-await-expression-member -- short

	test.each([
		['over another name', ['autodiscover.contoso.com CNAME a.hoster.example', 'a.hoster.example CNAME autodiscover.outlook.com'], 'ok', 'autodiscover-good'],
		['as an address', ['autodiscover.contoso.com A 192.0.2.80'], 'differs', 'autodiscover-no-alias'],
		['elsewhere', ['autodiscover.contoso.com CNAME mail.hoster.example'], 'differs', 'autodiscover-elsewhere'],
		['of another cloud', ['autodiscover.contoso.com CNAME autodiscover.office365.us'], 'differs', 'autodiscover-elsewhere'],
		['missing', [], 'missing', 'not-published'],
	])('%s', async (_, lines, verdict, finding) => {
		expect(await autodiscover(...lines)).toMatchObject({verdict, finding});
	});
});

describe('DMARC', () => {
	const dmarc = async (...texts: readonly string[]) => (await checksOf([...without(wellSet, '_dmarc'), ...texts.map(text => `_dmarc.contoso.com TXT ${text}`)])).dmarc; // eslint-disable-line unicorn/no-await-expression-member -- short

	test.each([
		['of any strength', ['v=DMARC1;p=reject'], 'ok', 'dmarc-good'],
		['twice', ['v=DMARC1; p=none', 'v=DMARC1; p=reject'], 'differs', 'dmarc-double'],
		['without a policy', ['v=DMARC1; rua=mailto:a@contoso.com'], 'differs', 'dmarc-broken'],
		['misspelt', ['v=DMARC1; p=refuse'], 'differs', 'dmarc-broken'],
		['that is none', ['v=DMARC2; p=none'], 'missing', 'not-published'],
	])('%s', async (_, texts, verdict, finding) => {
		expect(await dmarc(...texts)).toMatchObject({verdict, finding});
	});
});

test('a verification that is gone is no matter once Microsoft serves the domain', async () => {
	const checks = await checksOf(without(wellSet, 'contoso.com TXT MS='));
	expect(checks.verification).toMatchObject({verdict: 'unknown', finding: 'verification-gone'});
});
