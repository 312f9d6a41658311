import {type CloudDns, type CloudName, clouds} from './clouds.js';
import {type Domain} from './domain.js';

/** The records that mail to and from a domain needs at Microsoft 365. */
export type RecordId = 'verification' | 'spf' | 'dkim-selector1' | 'dkim-selector2' | 'mx' | 'autodiscover' | 'dmarc';

/** Where Microsoft shows a value: a page, a call of Graph, or lines of PowerShell. Nothing but the domain is to be filled in. */
export type Where = {readonly place: 'portal' | 'graph' | 'powershell'; readonly text: string};

export type WantedRecord = {
	readonly record: RecordId;
	/** Whole, in ASCII. */
	readonly name: string;
	readonly kind: 'MX' | 'TXT' | 'CNAME';
	/** What to put there, where it is known beforehand. */
	readonly value?: string;
	/** What the value looks like, where only Microsoft knows it. */
	readonly form?: string;
	/** Of an MX record. */
	readonly preference?: number;
	/** Seconds. */
	readonly ttl: number;
	readonly why: string;
	readonly where: readonly Where[];
};

/** Something to do between two records. */
export type Action = {readonly words: string; readonly why: string; readonly commands: readonly string[]};

export type Step = {readonly record: WantedRecord} | {readonly action: Action};

/** What WorkMail's own SPF record includes. */
export const workmailInclude = 'amazonses.com';

const hour = 3600;

const exchangeOnline = (cloud: CloudDns, line: string): string => `Connect-ExchangeOnline${cloud.exchangeEnvironment}; ${line}`;
const graphPowershell = (cloud: CloudDns, line: string): string => `Connect-MgGraph${cloud.graphEnvironment} -Scopes Domain.Read.All; ${line}`;

const domainPages = (domain: Domain, cloud: CloudDns, {tab, call, cmdlet}: {readonly tab: string; readonly call: string; readonly cmdlet: string}): Where[] => [
	{place: 'portal', text: `${cloud.adminCenter} > Settings > Domains > ${domain} > ${tab}`},
	{place: 'graph', text: `GET ${cloud.graph}/v1.0/domains/${domain}/${call}`},
	{place: 'powershell', text: graphPowershell(cloud, cmdlet)},
];

const verification = (domain: Domain, cloud: CloudDns): WantedRecord => ({
	record: 'verification', name: domain, kind: 'TXT', form: 'MS=ms<digits>', ttl: hour,
	why: 'It shows Microsoft that the domain is yours; before that it gives out none of the values below.',
	where: domainPages(domain, cloud, {
		tab: 'Verify (or: Add domain)', call: 'verificationDnsRecords', cmdlet: `Get-MgDomainVerificationDnsRecord -DomainId ${domain} | ForEach-Object {$_.AdditionalProperties.text}`,
	}),
});

const spf = (domain: Domain, {spfInclude}: CloudDns): WantedRecord => ({
	record: 'spf', name: domain, kind: 'TXT', value: `v=spf1 include:${spfInclude} include:${workmailInclude} -all`, ttl: hour,
	why: 'While people write from both sides, both must be allowed. There may be one SPF record only: where one stands, add to it what it lacks.',
	where: [],
});

const dkim = (domain: Domain, cloud: CloudDns, selector: 1 | 2): WantedRecord => ({
	record: `dkim-selector${selector}`, name: `selector${selector}._domainkey.${domain}`, kind: 'CNAME',
	form: cloud === clouds.global
		? `selector${selector}-<domain>._domainkey.<tenant>.onmicrosoft.com, or for newer domains selector${selector}-<domain>._domainkey.<tenant>.<letter>-v1.dkim.mail.microsoft`
		: `selector${selector}-<domain>._domainkey.<tenant>.${cloud.dkim[0]!}`,
	ttl: hour,
	why: selector === 1 ? 'Microsoft signs outgoing mail with keys that are found under these two names.' : 'Microsoft changes from one key to the other, so both names must be there. With a DNS host that has a proxy, switch it off for them.',
	where: [
		...(cloud.defender ? [{place: 'portal', text: `${cloud.defender} > ${domain}`} as const] : []),
		{place: 'powershell', text: exchangeOnline(cloud, `Get-DkimSigningConfig -Identity ${domain} | Format-List Selector1CNAME,Selector2CNAME,Enabled,Status`)},
		{place: 'powershell', text: `New-DkimSigningConfig -DomainName ${domain} -Enabled $false # first, where the line above finds nothing`},
	],
});

const mx = (domain: Domain, cloud: CloudDns): WantedRecord => {
	const {classic, new: newer} = cloud.mailExchanger;
	return {
		record: 'mx', name: domain, kind: 'MX', preference: 0, ttl: hour,
		form: newer ? `<domain>.${classic}, or for domains added since 2026-07-01 <domain>.<letter>-v1.${newer}` : `<domain>.${classic}`,
		why: 'From here on new mail comes to Microsoft 365: every user, group and alias of the domain must exist there first, or senders get their mail back. Remove the MX record of WorkMail; change it before the last pass, not after, so that nothing arrives behind it.',
		where: domainPages(domain, cloud, {
			tab: 'DNS records', call: 'serviceConfigurationRecords', cmdlet: `Get-MgDomainServiceConfigurationRecord -DomainId ${domain} | ForEach-Object {$_.AdditionalProperties.mailExchange}`,
		}),
	};
};

const autodiscover = (domain: Domain, cloud: CloudDns): WantedRecord => ({
	record: 'autodiscover', name: `autodiscover.${domain}`, kind: 'CNAME', value: cloud.autodiscover, ttl: hour,
	why: 'With MX, not before: it is how Outlook and telephones find the mailbox, and until then that is in WorkMail.',
	where: [],
});

const dmarc = (domain: Domain): WantedRecord => ({
	record: 'dmarc', name: `_dmarc.${domain}`, kind: 'TXT', value: `v=DMARC1; p=none; rua=mailto:dmarc@${domain}`, ttl: hour,
	why: 'Last: it tells others what to do with mail that neither SPF nor DKIM vouch for. Begin with p=none and read the reports (the address must be able to receive them), then p=quarantine, then p=reject. A policy that stands may stay.',
	where: [],
});

/** What to do for a domain, in this order. */
export const stepsFor = (domain: Domain, name: CloudName): Step[] => {
	const cloud = clouds[name];
	return [
		{record: verification(domain, cloud)},
		{
			action: {
				words: `Two days before the change: set the TTL of the records MX and autodiscover of ${domain} to ${hour} seconds or less.`,
				why: 'Others keep the answer they got for as long as its TTL says, and go on sending to WorkMail until then.', commands: [],
			},
		},
		{record: spf(domain, cloud)},
		{record: dkim(domain, cloud, 1)},
		{record: dkim(domain, cloud, 2)},
		{
			action: {
				words: 'Switch DKIM signing on.', why: 'It is refused until both names above are found.',
				commands: [exchangeOnline(cloud, `Set-DkimSigningConfig -Identity ${domain} -Enabled $true`)],
			},
		},
		{action: {words: 'Move the mail that is there.', why: 'This takes longest, and new mail still comes to WorkMail meanwhile.', commands: ['aw2ms365 migrate']}},
		{record: mx(domain, cloud)},
		{record: autodiscover(domain, cloud)},
		{
			action: {
				words: 'When the TTL that the MX record had before has passed: the last pass, and the proof.', why: 'It carries over what came to WorkMail until then.',
				commands: ['aw2ms365 migrate', 'aw2ms365 verify'],
			},
		},
		{
			action: {
				words: `Take include:${workmailInclude} out of the SPF record, when nothing is sent through WorkMail or Amazon SES any more.`,
				why: 'What may send in your name should.', commands: [],
			},
		},
		{record: dmarc(domain)},
	];
};
