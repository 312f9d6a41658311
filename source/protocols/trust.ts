import {createSecureContext, rootCertificates, type SecureContext} from 'node:tls';

let known: {readonly ca: string; readonly context: SecureContext} | undefined;

/**
What TLS trusts beside the usual authorities, from version 1.2 on. Kept: reading all the authorities takes tens of milliseconds of
processor time, and would be done for each connection.

@param ca one more certificate authority, PEM
*/
export const trusting = (ca: string): SecureContext => {
	if (known?.ca !== ca) {
		known = {ca, context: createSecureContext({ca: [...rootCertificates, ca], minVersion: 'TLSv1.2'})};
	}

	return known.context;
};
