import {Buffer} from 'node:buffer';

export type LoginRequest = {
	readonly method: string;
	/** Path and query. */
	readonly url: string;
	readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
	readonly body: string | Uint8Array;
};

/** Percent-decoded where it can be. */
export const decodePart = (part: string): string => {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
};

/** A header of the request, whatever its case. */
export const headerOf = ({headers}: LoginRequest, name: string): string | undefined => {
	const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
	return typeof found === 'string' ? found : found?.join(', ');
};

/** The form; id and secret may also come as Basic (RFC 6749 2.3.1). */
export const formOf = (request: LoginRequest): URLSearchParams => {
	const encoded = /^application\/x-www-form-urlencoded\b/iv.test(headerOf(request, 'content-type') ?? '');
	const form = new URLSearchParams(encoded ? (typeof request.body === 'string' ? request.body : Buffer.from(request.body).toString('utf8')) : '');
	const basic = /^basic (?<value>.+)$/iv.exec(headerOf(request, 'authorization') ?? '')?.groups?.value;
	if (basic !== undefined) {
		const [id = '', ...secret] = Buffer.from(basic, 'base64').toString('utf8').split(':');
		form.set('client_id', decodePart(id));
		form.set('client_secret', decodePart(secret.join(':')));
	}

	return form;
};

/** The resource of a scope `https://host/.default`, or the refusal: only that form goes with client credentials. */
export const audienceOf = (scope: string): string | number => {
	if (scope.includes(' ') || !scope.endsWith('/.default')) {
		return 1_002_012;
	}

	const resource = scope.slice(0, -'/.default'.length);
	return URL.canParse(resource) && resource.startsWith('https://') ? resource : 70_011;
};
