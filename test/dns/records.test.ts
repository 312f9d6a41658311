import {describe, expect, test} from 'vitest';
import {type CloudName, cloudNames} from '../../source/dns/clouds.js';
import {stepsFor} from '../../source/dns/records.js';

/** What is done in which order, in a word each. */
const order = (cloud: CloudName): string[] => stepsFor('contoso.com', cloud).map(step => 'record' in step ? step.record.record : step.action.commands[0] ?? step.action.words.split(/[ ,.:]/v).slice(0, 3).join(' '));

const recordsOf = (domain: string, cloud: CloudName) => stepsFor(domain, cloud).flatMap(step => 'record' in step ? [step.record] : []);

describe('the records of a domain', () => {
	test.each(cloudNames)('come in the order of operations (%s)', cloud => {
		const steps = order(cloud);
		const before = (first: string, second: string) => {
			const [a, b] = [first, second].map(word => steps.findIndex(step => step.includes(word)));
			expect({
				first, second, found: a! >= 0 && b! >= 0, inOrder: a! < b!,
			}).toEqual({
				first, second, found: true, inOrder: true,
			});
		};

		expect(steps[0]).toBe('verification');
		before('Two days before', 'mx');
		before('spf', 'mx');
		before('dkim-selector2', 'Set-DkimSigningConfig');
		expect(steps.lastIndexOf('aw2ms365 migrate')).toBeGreaterThan(steps.indexOf('mx'));
		expect(steps.indexOf('aw2ms365 migrate')).toBeLessThan(steps.indexOf('mx'));
		expect(steps.at(-1)).toBe('dmarc');
	});

	test('guess nothing that only Microsoft knows: the predecessor did (defect 32)', () => {
		for (const {record, value, form, where} of recordsOf('contoso.com', 'global')) {
			const isKnown = ['spf', 'autodiscover', 'dmarc'].includes(record);
			expect({
				record, value: value !== undefined, form: form !== undefined, shown: where.length > 0,
			}).toEqual({
				record, value: isKnown, form: !isKnown, shown: !isKnown,
			});
			expect(`${value} ${form}`).not.toContain('contoso-com');
		}
	});

	test('name the newer form of MX and DKIM beside the classic one', () => {
		const form = (record: string) => recordsOf('contoso.com', 'global').find(wanted => wanted.record === record)?.form;
		expect(form('mx')).toMatch(/mail\.protection\.outlook\.com.*-v1\.mx\.microsoft/v);
		expect(form('dkim-selector2')).toMatch(/selector2-.*onmicrosoft\.com.*selector2-.*-v1\.dkim\.mail\.microsoft/v);
	});

	test('allow both sides to send while both do', () => {
		expect(recordsOf('contoso.com', 'global').find(({record}) => record === 'spf')?.value).toBe('v=spf1 include:spf.protection.outlook.com include:amazonses.com -all');
	});

	test('tell the lines of PowerShell and the calls of Graph with the domain filled in', () => {
		const told = recordsOf('mail.contoso.co.uk', 'gcc-high').flatMap(({where}) => where);
		for (const {text} of told) {
			expect(text).toContain('mail.contoso.co.uk');
		}

		expect(told.map(({text}) => text)).toContain('GET https://graph.microsoft.us/v1.0/domains/mail.contoso.co.uk/serviceConfigurationRecords');
	});

	test.each([
		['gcc-high', 'spf.protection.office365.us', 'autodiscover.office365.us', 'mail.protection.office365.us'],
		['dod', 'spf.protection.office365.us', 'autodiscover-dod.office365.us', 'mail.protection.office365.us'],
		['china', 'spf.protection.partner.outlook.cn', 'autodiscover.partner.outlook.cn', 'mail.protection.partner.outlook.cn'],
	] as const)('are those of %s', (cloud, spf, autodiscover, mx) => {
		const text = JSON.stringify(stepsFor('contoso.com', cloud));
		for (const name of [`include:${spf} `, `"${autodiscover}"`, `<domain>.${mx}"`]) {
			expect(text).toContain(name.replaceAll('"', '"'));
		}

		expect(text).not.toMatch(/protection\.outlook\.com|autodiscover\.outlook\.com|graph\.microsoft\.com|admin\.microsoft\.com/v);
	});
});
