/* eslint-disable @stylistic/max-len -- XML stands on one line, as it is sent */
/** The namespaces of EWS. */
export const namespaces = {
	soap: 'http://schemas.xmlsoap.org/soap/envelope/',
	types: 'http://schemas.microsoft.com/exchange/services/2006/types',
	messages: 'http://schemas.microsoft.com/exchange/services/2006/messages',
	errors: 'http://schemas.microsoft.com/exchange/services/2006/errors',
	xsd: 'http://www.w3.org/2001/XMLSchema',
	xsi: 'http://www.w3.org/2001/XMLSchema-instance',
} as const;

// No line end behind the declaration (lesson 1).
const opening = `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="${namespaces.soap}">`;
const version = `<s:Header><h:ServerVersionInfo MajorVersion="15" MinorVersion="20" MajorBuildNumber="9073" MinorBuildNumber="22" Version="V2018_01_08" xmlns:h="${namespaces.types}" xmlns:xsd="${namespaces.xsd}" xmlns:xsi="${namespaces.xsi}"/></s:Header>`;

const references = new Map([['&', '&amp;'], ['<', '&lt;'], ['>', '&gt;']]);

/** Text as Exchange writes it: control characters as references, those too that XML 1.0 forbids (lesson 32). */
export const escapeText = (text: string): string => text.toWellFormed().replaceAll(/[&<>]/gv, found => references.get(found)!).replaceAll(/[\u0000-\u0008\u000B-\u001F\uFFFE\uFFFF]/gv, found => `&#x${found.codePointAt(0)!.toString(16).toUpperCase()};`); // eslint-disable-line no-control-regex -- these are meant

export const escapeAttribute = (text: string): string => escapeText(text).replaceAll('"', '&quot;').replaceAll('\n', '&#xA;').replaceAll('\t', '&#x9;');

/** `<t:Name>text</t:Name>`, or the empty tag. */
export const element = (name: string, text: string): string => text === '' ? `<t:${name}/>` : `<t:${name}>${escapeText(text)}</t:${name}>`;

/** The whole answer to an operation: a bare Body, `xsd` and `xsi` declared on the response (lesson 2). */
export const envelope = (operation: string, messages: readonly string[]): string =>
	`${opening}${version}<s:Body><m:${operation}Response xmlns:m="${namespaces.messages}" xmlns:xsd="${namespaces.xsd}" xmlns:xsi="${namespaces.xsi}" xmlns:t="${namespaces.types}"><m:ResponseMessages>${messages.join('')}</m:ResponseMessages></m:${operation}Response></s:Body></s:Envelope>`;

export const successMessage = (operation: string, content = ''): string =>
	`<m:${operation}ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>${content}</m:${operation}ResponseMessage>`;

/** An element of MessageXml: `t:Value` for a named one, or `t:LineNumber` and its like. */
type Detail = {readonly values?: Readonly<Record<string, string>>; readonly elements?: Readonly<Record<string, string>>};

const messageXml = (prefix: 'm' | 't', {values = {}, elements = {}}: Detail): string => {
	const content = [
		...Object.entries(elements).map(([name, value]) => element(name, value)),
		...Object.entries(values).map(([name, value]) => `<t:Value Name="${escapeAttribute(name)}">${escapeText(value)}</t:Value>`),
	].join('');
	if (content === '') {
		return '';
	}

	return prefix === 'm' ? `<m:MessageXml>${content}</m:MessageXml>` : `<t:MessageXml xmlns:t="${namespaces.types}">${content}</t:MessageXml>`;
};

export type Refused = {readonly code: string; readonly text: string; readonly detail?: Detail};

/** Text, code, key in this order, then the container that this operation leaves empty, if any (lesson 18). What was not tried is a warning. */
export const errorMessage = (operation: string, {code, text, detail = {}}: Refused, container: string): string =>
	`<m:${operation}ResponseMessage ResponseClass="${code === 'ErrorBatchProcessingStopped' ? 'Warning' : 'Error'}"><m:MessageText>${escapeText(text)}</m:MessageText><m:ResponseCode>${code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>${messageXml('m', detail)}${container}</m:${operation}ResponseMessage>`;

/** A fault: no header (lesson 4), `a:` declared on faultcode itself (lesson 6). `long` is the text of faultstring where it differs (lesson 5). */
export const faultEnvelope = ({code, text, detail = {}, long = text}: Refused & {readonly long?: string}): string =>
	`${opening}<s:Body><s:Fault><faultcode xmlns:a="${namespaces.types}">a:${code}</faultcode><faultstring xml:lang="en-US">${escapeText(long)}</faultstring><detail><e:ResponseCode xmlns:e="${namespaces.errors}">${code}</e:ResponseCode><e:Message xmlns:e="${namespaces.errors}">${escapeText(text)}</e:Message>${messageXml('t', detail)}</detail></s:Fault></s:Body></s:Envelope>`;
