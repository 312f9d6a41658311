/** What the sign-in service says about one refusal; `text` without the code in front and the trace behind. */
export type LoginError = {
	readonly status: number;
	readonly error: string;
	readonly text: string;
	/** Some answers have none (LESSONS 54). */
	readonly errorUri?: false;
	/** Further members, as `suberror` and `claims`. */
	readonly more?: Readonly<Record<string, string>>;
};

/** What a text may name. */
export type LoginPlace = {
	readonly tenant: string;
	readonly tenantName: string;
	readonly clientId: string;
	readonly scope: string;
	readonly method: string;
	/** The parameter that is missing. */
	readonly parameter: string;
	/** Milliseconds since 1970. */
	readonly now: number;
};

const invalidClient = (text: string): LoginError => ({status: 401, error: 'invalid_client', text});
const invalidRequest = (text: string): LoginError => ({status: 400, error: 'invalid_request', text});
const invalidTenant = (text: string): LoginError => ({status: 400, error: 'invalid_tenant', text});
const invalidScope = (text: string): LoginError => ({
	status: 400, error: 'invalid_scope', text, errorUri: false,
});
const invalidResource = (text: string): LoginError => ({status: 400, error: 'invalid_resource', text});
const invalidGrant = (text: string, more?: LoginError['more']): LoginError => ({
	status: 400, error: 'invalid_grant', text, ...(more && {more}),
});
const unauthorized = (text: string): LoginError => ({status: 400, error: 'unauthorized_client', text});
const passing = (text: string, status = 503): LoginError => ({status, error: 'temporarily_unavailable', text});

/** As the service puts it: a policy's ids in JSON, inside a string (LESSONS 54). */
const claims = JSON.stringify({access_token: {capolids: {essential: true, values: ['01234567-89ab-cdef-fedc-ba9876543210']}}}); // eslint-disable-line @typescript-eslint/naming-convention -- the service's own name
const policy = {suberror: 'message_only', claims};

/**
The refusals of the sign-in service that a client with a secret can meet, by AADSTS number. Words, status and `error` are
those recorded (recorded/login) where there is a recording, else those of Microsoft's list of codes.
*/
export const loginErrors: Readonly<Record<number, (place: LoginPlace) => LoginError>> = {
	/* eslint-disable @typescript-eslint/naming-convention, @stylistic/max-len -- the keys are AADSTS numbers, the texts the service's */
	50_034: ({tenant}) => invalidGrant(`The user account USER does not exist in the ${tenant} directory. To sign into this application, the account must be added to the directory.`, {suberror: 'bad_token'}),
	50_049: () => ({status: 400, error: 'invalid_instance', text: 'Unknown or invalid instance.'}),
	50_076: () => ({
		status: 400, error: 'interaction_required', text: 'Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource.', more: {suberror: 'basic_action'},
	}),
	50_079: () => ({
		status: 400, error: 'interaction_required', text: 'Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access the resource.', more: {suberror: 'basic_action'},
	}),
	53_003: () => invalidGrant('Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.', policy),
	65_001: ({clientId}) => invalidGrant(`The user or administrator has not consented to use the application with ID '${clientId}'. Send an interactive authorization request for this user and resource.`, {suberror: 'consent_required'}),
	70_003: () => ({status: 400, error: 'unsupported_grant_type', text: 'The app requested an unsupported grant type.'}),
	70_011: ({scope}) => invalidScope(`The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope ${scope} is not valid.`),
	90_002: ({tenant}) => invalidTenant(`Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`),
	90_006: () => passing('The service is temporarily unavailable. Please retry later.'),
	90_012: () => passing('The request has timed out.'),
	90_024: () => passing('A transient error has occurred while budgeting the request. Please try again.'),
	90_033: () => passing('A transient error has occurred. Please try again.'),
	90_038: ({tenantName}) => invalidRequest(`Confidential Client is not supported in Cross Cloud request. Tenant '${tenantName}' belongs to another national cloud instance.`),
	90_055: () => passing('There are too many requests from this tenant. Please retry later.', 429),
	90_094: () => invalidGrant('The grant requires admin permission.', {suberror: 'consent_required'}),
	500_011: ({scope, tenantName}) => invalidResource(`The resource principal named ${scope.replace(/\/\.default$/, '')} was not found in the tenant named ${tenantName}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`),
	530_032: () => invalidGrant('Blocked by Conditional Access policy. The tenant admin has configured a security policy that blocks this request.', policy),
	650_052: ({tenantName}) => unauthorized(`The app is trying to access a service '00000002-0000-0ff1-ce00-000000000000'(Office 365 Exchange Online) that your organization '${tenantName}' lacks a service principal for. Contact your IT Admin to review the configuration of your service subscriptions or consent to the application in order to create the required service principal.`),
	650_056: () => invalidClient('Misconfigured application. This could be due to one of the following: the client has not listed any permissions in the requested permissions in the client\'s application registration. Or, the admin has not consented in the tenant.'),
	650_057: ({clientId}) => invalidResource(`Invalid resource. The client has requested access to a resource which is not listed in the requested permissions in the client's application registration. Client app ID: ${clientId}.`),
	700_016: ({clientId, tenantName}) => unauthorized(`Application with identifier '${clientId}' was not found in the directory '${tenantName}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`),
	700_024: ({now}) => invalidClient(`Client assertion is not within its valid time range. Current time: ${new Date(now).toISOString().replace('Z', '3401Z')}, assertion valid from 2018-01-18T01:30:22.0000000Z, expiry time of assertion 1970-01-01T00:00:00.0000000Z. Review the documentation at https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .`),
	700_027: ({clientId}) => invalidClient(`Client assertion contains an invalid signature. [Reason - The key was not found., Thumbprint of key used by client: '8CA6895C58FD5C9AEED13121F784629BE0261977', Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '${clientId}'.]`),
	700_030: () => invalidClient('Invalid certificate - subject name in certificate is not authorized.'),
	900_023: ({tenant}) => invalidRequest(`Specified tenant identifier '${tenant}' is neither a valid DNS name, nor a valid external domain.`),
	900_144: ({parameter}) => invalidRequest(`The request body must contain the following parameter: '${parameter}'.`),
	900_382: () => invalidRequest('Confidential Client is not supported in Cross Cloud request.'),
	900_561: ({method}) => invalidRequest(`The endpoint only accepts POST requests. Received a ${method} request.`),
	1_002_012: ({scope}) => invalidScope(`The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`),
	7_000_112: ({clientId}) => unauthorized(`Application '${clientId}'(aw2ms365) is disabled.`),
	7_000_215: ({clientId}) => invalidClient(`Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`),
	7_000_218: () => invalidClient('The request body must contain the following parameter: \'client_assertion\' or \'client_secret\'.'),
	7_000_222: ({clientId}) => invalidClient(`The provided client secret keys for app '${clientId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`),
	/* eslint-enable @typescript-eslint/naming-convention, @stylistic/max-len */
};
