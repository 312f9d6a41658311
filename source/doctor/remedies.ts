import {type Transport} from '../mailbox/destination.js';
import {type Failure, fillNames, nextStep} from '../mailbox/failure.js';
import {type Subject} from './findings.js';

/** EWS is gone for everybody from then on (microsoft-365.md 1.1). */
export const ewsEnds = Date.UTC(2027, 3, 1);

/** How a server comes into reach. @param place `host:port`, @param key where the configuration names it */
export const reachRemedy = (failure: Failure, {place, key}: {readonly place: string; readonly key: string}): string => {
	const {code, detail = ''} = failure;
	if (code !== 'host-unreachable') {
		return nextStep(failure, {});
	}

	if (failure.next !== undefined) {
		return failure.next;
	}

	if (/ENOTFOUND|EAI_|ENODATA/v.test(detail)) {
		return `Check ${key}, and this machine's DNS: the name leads nowhere.`;
	}

	if (detail.includes('ECONNREFUSED')) {
		return `Nothing listens there, or a firewall refuses: check ${key}, and let this machine reach ${place} (TCP).`;
	}

	return `Let this machine reach ${place} (TCP): a firewall between them drops it, or the network is down. Else check ${key}.`;
};

const openEws = [
	'In Exchange Online PowerShell, which opens it until 2027-04-01 (the last line must not say False; it takes up to a day):',
	'Connect-ExchangeOnline',
	'(Get-OrganizationConfig -RetrieveEwsOperationAccessPolicy).EwsAllowedAppIDs',
	'Set-OrganizationConfig -EwsAllowedAppIDs \'<the ids shown>,<clientId>\'',
	'Set-OrganizationConfig -EwsEnabled $true',
	'Get-CASMailbox \'<mailbox>\' | Format-List EwsEnabled',
].join('\n');

const openImap = [
	'In Entra ID (App registrations, <clientId>, API permissions) the application needs IMAP.AccessAsApp of Office 365 Exchange Online, with admin consent. In Exchange Online PowerShell it gets access to the mailbox; the object ID is that of Entra ID > Enterprise applications, not of App registrations (it takes minutes to hours):',
	'Connect-ExchangeOnline',
	'New-ServicePrincipal -AppId <clientId> -ObjectId <object ID> -DisplayName aw2ms365',
	'Add-MailboxPermission -Identity \'<mailbox>\' -User (Get-ServicePrincipal | Where-Object AppId -eq \'<clientId>\').Identity -AccessRights FullAccess',
	'Set-CASMailbox \'<mailbox>\' -ImapEnabled $true',
].join('\n');

const imapClosed = new Set<Failure['code']>(['sign-in-refused', 'imap-sign-in-refused', 'imap-closed']);

/** How a road that is shut is opened. */
export const roadRemedy = (transport: Transport, failure: Failure, {now, places, ...names}: Subject): string | undefined => {
	const {code} = failure;
	if (transport === 'ews' && now >= ewsEnds) {
		return undefined;
	}

	if (transport === 'ews' && code === 'ews-closed') {
		return fillNames(openEws, names);
	}

	if (transport === 'imap' && imapClosed.has(code) && failure.next === undefined) {
		return fillNames(openImap, names);
	}

	if (transport === 'imap' && code === 'host-unreachable') {
		return reachRemedy(failure, {place: places.imap, key: 'destination.cloud'});
	}

	return nextStep(failure, names);
};
