import {Buffer} from 'node:buffer';

/**
The application permissions that an access token names (claim `roles`, microsoft-365.md 6.2): a hint. Microsoft may change the form of its
tokens, and what was granted by RBAC for Applications alone is not in it.

@returns undefined where the token cannot be read
*/
export const rolesIn = (token: string): readonly string[] | undefined => {
	const [, claims] = token.split('.');
	try {
		const {roles = []} = JSON.parse(Buffer.from(claims ?? '', 'base64url').toString('utf8')) as {readonly roles?: unknown};
		return Array.isArray(roles) ? roles.filter(role => typeof role === 'string') : undefined;
	} catch {
		return undefined;
	}
};
