/**
What the records of a domain hold in each Microsoft 365, and where its tenant shows the rest
(learn.microsoft.com: external-domain-name-system-records, dns-records-for-office-365-gcc-high, -dod; 21Vianet's own page).
*/
export type CloudName = 'global' | 'gcc-high' | 'dod' | 'china';

export type CloudDns = {
	readonly title: string;
	/** What names of mail exchangers end in. The second form is given to domains added since 2026-07-01. */
	readonly mailExchanger: {readonly classic: string; readonly new?: string};
	readonly spfInclude: string;
	readonly autodiscover: string;
	/** What DKIM targets end in. */
	readonly dkim: readonly string[];
	readonly adminCenter: string;
	/** Absent where its address is not known. */
	readonly defender?: string;
	readonly graph: string;
	readonly graphEnvironment: string;
	readonly exchangeEnvironment: string;
};

const government = {
	mailExchanger: {classic: 'mail.protection.office365.us'}, spfInclude: 'spf.protection.office365.us', dkim: ['onmicrosoft.us', 'onmicrosoft.com', 'dkim.mail.microsoft'],
} as const;

export const clouds: Readonly<Record<CloudName, CloudDns>> = {
	global: {
		title: 'Microsoft 365',
		mailExchanger: {classic: 'mail.protection.outlook.com', new: 'mx.microsoft'}, spfInclude: 'spf.protection.outlook.com', autodiscover: 'autodiscover.outlook.com',
		dkim: ['onmicrosoft.com', 'dkim.mail.microsoft'],
		adminCenter: 'https://admin.microsoft.com', defender: 'https://security.microsoft.com/dkimv2', graph: 'https://graph.microsoft.com', graphEnvironment: '', exchangeEnvironment: '',
	},
	'gcc-high': {
		title: 'Microsoft 365 GCC High', ...government, autodiscover: 'autodiscover.office365.us',
		adminCenter: 'https://portal.office365.us', defender: 'https://security.microsoft.us/dkimv2', graph: 'https://graph.microsoft.us', graphEnvironment: ' -Environment USGov', exchangeEnvironment: ' -ExchangeEnvironmentName O365USGovGCCHigh',
	},
	dod: {
		title: 'Microsoft 365 DoD', ...government, autodiscover: 'autodiscover-dod.office365.us',
		adminCenter: 'https://portal.apps.mil', defender: 'https://security.apps.mil/dkimv2', graph: 'https://dod-graph.microsoft.us', graphEnvironment: ' -Environment USGovDoD', exchangeEnvironment: ' -ExchangeEnvironmentName O365USGovDoD',
	},
	china: {
		title: 'Microsoft 365 operated by 21Vianet',
		mailExchanger: {classic: 'mail.protection.partner.outlook.cn'}, spfInclude: 'spf.protection.partner.outlook.cn', autodiscover: 'autodiscover.partner.outlook.cn',
		dkim: ['partner.onmschina.cn', 'onmicrosoft.com', 'dkim.mail.microsoft'],
		adminCenter: 'https://portal.partner.microsoftonline.cn', graph: 'https://microsoftgraph.chinacloudapi.cn', graphEnvironment: ' -Environment China', exchangeEnvironment: ' -ExchangeEnvironmentName O365China',
	},
};

export const cloudNames = Object.keys(clouds) as CloudName[];
