import {describe, expect, test} from 'vitest';
import {landlordOf, parseDomain, upwards} from '../../source/dns/domain.js';
import {parseServer} from '../../source/dns/servers.js';

describe('a domain is taken', () => {
	test.each([
		['contoso.com', 'contoso.com'],
		['Contoso.COM.', 'contoso.com'],
		['ana@contoso.com', 'contoso.com'],
		[' mail.contoso.co.uk ', 'mail.contoso.co.uk'],
		['münchen.example', 'xn--mnchen-3ya.example'],
		['MÜNCHEN。example', 'xn--mnchen-3ya.example'],
		['xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
		['my-company.example', 'my-company.example'],
	])('from "%s" as %s', (text, domain) => {
		expect(parseDomain(text)).toBe(domain);
	});

	test.each(['', '.', 'contoso', 'contoso..com', '192.0.2.1', '1.2.3', '2001:db8::1', '[::1]', 'https://contoso.com', 'contoso.com/x', 'a b.com', '-a.com', 'a-.com', `${'a'.repeat(64)}.com`, `${'a.'.repeat(130)}com`, 'xn--iñvalid.com', 'con%74oso.com', 'ana@', 'a;b.com', '$(id).com', 'x.123'])('not from "%s"', text => {
		expect(parseDomain(text)).toBeUndefined();
	});
});

test('a zone is looked for from the domain up, and not among the top level domains', () => {
	expect(upwards('a.b.contoso.com')).toEqual(['a.b.contoso.com', 'b.contoso.com', 'contoso.com']);
});

test('domains that are not their user\'s are known', () => {
	expect(['contoso.onmicrosoft.com', 'contoso.onmicrosoft.us', 'contoso.partner.onmschina.cn', 'org.awsapps.com', 'contoso.com', 'notonmicrosoft.com'].map(domain => landlordOf(domain))).toEqual(['Microsoft', 'Microsoft', 'Microsoft', 'Amazon', undefined, undefined]);
});

describe('a name server is taken', () => {
	test.each([
		['192.0.2.1', '192.0.2.1', 53],
		['127.0.0.1:5353', '127.0.0.1', 5353],
		['ns.contoso.com', 'ns.contoso.com', 53],
		['ns.contoso.com:54', 'ns.contoso.com', 54],
		['2001:db8::1', '2001:db8::1', 53],
		['[2001:db8::1]:5353', '2001:db8::1', 5353],
		['[::1]', '::1', 53],
	])('from "%s"', (text, host, port) => {
		expect(parseServer(text)).toEqual({host, port});
	});

	test.each(['', 'a b', 'https://x', 'ns:0', 'ns:70000', 'ns:', '[ns]:53', '[1.2.3.4]'])('not from "%s"', text => {
		expect(parseServer(text)).toBeUndefined();
	});
});
