import {isIP} from 'node:net';
import {domainToASCII, domainToUnicode} from 'node:url';

/** As DNS takes it: ASCII (RFC 5890), lower case, without the dot at the end. */
export type Domain = string;

const label = /^[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_])?$/v;

/**
A mail domain, or the part of an address behind the `@`: with or without the root's dot, in any script.

@returns undefined for what cannot be one: an address of a machine, a single label, an empty or too long label (RFC 1035, 2.3.4)
*/
export const parseDomain = (text: string): Domain | undefined => {
	const bare = text.trim().slice(text.trim().lastIndexOf('@') + 1);
	// `domainToASCII` reads a URL's host: it would cut at a slash, and take 1.2 for an address.
	if (bare === '' || /[\s\/\\:?#\[\]%]/v.test(bare)) {
		return undefined;
	}

	const domain = domainToASCII(bare).replace(/\.$/v, '').toLowerCase();
	const labels = domain.split('.');
	const fits = domain.length <= 253 && labels.length > 1 && labels.every(part => label.test(part)) && !/^\d+$/v.test(labels.at(-1)!);
	return fits && isIP(domain) === 0 ? domain : undefined;
};

/** For people: `xn--mnchen-3ya.example` is `münchen.example`. */
export const showDomain = (domain: Domain): string => domainToUnicode(domain) || domain;

/** A name of DNS as it is compared: case and the root's dot do not count. */
export const plainName = (name: string): string => name.toLowerCase().replace(/\.$/v, '');

/** Whether `name` is `parent` or lies below it. */
export const isWithin = (name: string, parent: string): boolean => plainName(name) === parent || plainName(name).endsWith(`.${parent}`);

/** The domain itself and what it lies in, down to two labels: a zone may begin at any of them. */
export const upwards = (domain: Domain): Domain[] => {
	const labels = domain.split('.');
	return labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'));
};

/** Domains whose DNS is not their user's: there is nothing to set. @returns whose it is */
export const landlordOf = (domain: Domain): string | undefined => {
	if (['onmicrosoft.com', 'onmicrosoft.us', 'partner.onmschina.cn', 'mail.onmicrosoft.com'].some(parent => isWithin(domain, parent))) {
		return 'Microsoft';
	}

	return isWithin(domain, 'awsapps.com') ? 'Amazon' : undefined;
};
