import {onTestFinished} from 'vitest';
import {type Check} from '../../source/dns/check.js';
import {type CloudName} from '../../source/dns/clouds.js';
import {lookUp} from '../../source/dns/published.js';
import {type RecordId} from '../../source/dns/records.js';
import {checkRecord} from '../../source/dns/verdict.js';
import {DnsServer, type DnsServerOptions} from './dns-server.js';

export const domain = 'contoso.com';

/** Who is asked about names of others: what Microsoft, Amazon and the like publish. */
export const world = [
	'spf.protection.outlook.com TXT v=spf1 ip4:192.0.2.0/24 -all',
	'amazonses.com TXT v=spf1 ip4:198.51.100.0/24 -all',
	'contoso-com.mail.protection.outlook.com A 192.0.2.1',
	'contoso-com.s-v1.mx.microsoft AAAA 2001:db8::1',
	'inbound-smtp.eu-west-1.amazonaws.com A 198.51.100.1',
	'autodiscover.outlook.com A 192.0.2.2',
	'autodiscover.mail.eu-west-1.awsapps.com A 198.51.100.2',
	'selector1-contoso-com._domainkey.contoso.onmicrosoft.com TXT v=DKIM1; k=rsa; p=MIIB|IjAN',
];

/** A domain that has moved and is all right. */
export const wellSet = [
	'contoso.com NS ns1.contoso.com',
	'contoso.com MX 0 contoso-com.mail.protection.outlook.com',
	'contoso.com TXT v=spf1 include:spf.protection.outlook.com -all',
	'contoso.com TXT MS=ms12345678',
	'selector1._domainkey.contoso.com CNAME selector1-contoso-com._domainkey.contoso.onmicrosoft.com',
	'selector2._domainkey.contoso.com CNAME selector2-contoso-com._domainkey.contoso.n-v1.dkim.mail.microsoft',
	'autodiscover.contoso.com CNAME autodiscover.outlook.com',
	'_dmarc.contoso.com TXT v=DMARC1; p=none; rua=mailto:dmarc@contoso.com',
];

/** Still in WorkMail, as its own guide sets it up. */
export const atWorkmail = [
	'contoso.com MX 10 inbound-smtp.eu-west-1.amazonaws.com',
	'contoso.com TXT v=spf1 include:amazonses.com ~all',
	'autodiscover.contoso.com CNAME autodiscover.mail.eu-west-1.awsapps.com',
	'_dmarc.contoso.com TXT v=DMARC1;p=quarantine;pct=100;fo=1',
];

export const serve = async (options: DnsServerOptions): Promise<DnsServer> => {
	const server = await DnsServer.start(options);
	onTestFinished(async () => {
		await server.stop();
	});
	return server;
};

/** What stands in a zone but for the lines that begin so. */
export const without = (zone: readonly string[], ...beginnings: readonly string[]): string[] => zone.filter(line => !beginnings.some(beginning => line.startsWith(beginning)));

export const patience = {timeout: 150, tries: 1, deadline: 2000};

const ids: readonly RecordId[] = ['verification', 'spf', 'dkim-selector1', 'dkim-selector2', 'mx', 'autodiscover', 'dmarc'];

type Checks = Readonly<Record<RecordId, Check>>;

/** Every verdict on a domain, by resolvers on the loopback. */
export const checksBy = async (resolvers: readonly string[], {of = domain, cloud = 'global', zonePort, usual}: {readonly of?: string; readonly cloud?: CloudName; readonly zonePort?: number; readonly usual?: Parameters<typeof lookUp>[1]['usual']} = {}): Promise<Checks> => {
	const published = await lookUp(of, {
		resolvers, signal: new AbortController().signal, patience, ...(zonePort !== undefined && {zonePort}), ...(usual && {usual}),
	});
	return Object.fromEntries(ids.map(id => [id, checkRecord(id, of, published, cloud)])) as unknown as Checks;
};

/** The same, of one zone in one resolver. */
export const checksOf = async (zone: readonly string[], options: Parameters<typeof checksBy>[1] & Pick<DnsServerOptions, 'troubles'> = {}): Promise<Checks> => {
	const server = await serve({zone: [...world, ...zone], ...(options.troubles && {troubles: options.troubles})});
	return checksBy([server.address], options);
};
