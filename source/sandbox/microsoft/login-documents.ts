/* eslint-disable @typescript-eslint/naming-convention -- the names of OpenID Connect Discovery, down to the end */

/** GET /{tenant}/v2.0/.well-known/openid-configuration, members and order as recorded. */
export const openidConfiguration = (origin: string, tenant: string) => ({
	token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
	token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
	jwks_uri: `${origin}/${tenant}/discovery/v2.0/keys`,
	response_modes_supported: ['query', 'fragment', 'form_post'],
	subject_types_supported: ['pairwise'],
	id_token_signing_alg_values_supported: ['RS256'],
	response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
	scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
	issuer: `${origin}/${tenant}/v2.0`,
	request_uri_parameter_supported: false,
	userinfo_endpoint: 'https://graph.microsoft.com/oidc/userinfo',
	authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
	device_authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/devicecode`,
	http_logout_supported: true,
	frontchannel_logout_supported: true,
	end_session_endpoint: `${origin}/${tenant}/oauth2/v2.0/logout`,
	claims_supported: ['sub', 'iss', 'cloud_instance_name', 'cloud_instance_host_name', 'cloud_graph_host_name', 'msgraph_host', 'aud', 'exp', 'iat', 'auth_time', 'acr', 'nonce', 'preferred_username', 'name', 'tid', 'ver', 'at_hash', 'c_hash', 'email'],
	kerberos_endpoint: `${origin}/${tenant}/kerberos`,
	tenant_region_scope: 'NA',
	cloud_instance_name: 'microsoftonline.com',
	cloud_graph_host_name: 'graph.windows.net',
	msgraph_host: 'graph.microsoft.com',
	rbac_url: 'https://pas.windows.net',
});

const clouds = [
	['login.microsoftonline.com', 'login.windows.net', ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net']],
	['login.partner.microsoftonline.cn', 'login.partner.microsoftonline.cn', ['login.partner.microsoftonline.cn', 'login.chinacloudapi.cn']],
	['login.microsoftonline.de', 'login.microsoftonline.de', ['login.microsoftonline.de']],
	['login.microsoftonline.us', 'login.microsoftonline.us', ['login.microsoftonline.us', 'login.usgovcloudapi.net']],
	['login-us.microsoftonline.com', 'login-us.microsoftonline.com', ['login-us.microsoftonline.com']],
] as const;

/** GET /common/discovery/instance: the clouds that Microsoft names, and this stand-in as one more. */
export const instanceDiscovery = (origin: string, tenant: string) => {
	const {host} = new URL(origin);
	const known = clouds.some(cloud => (cloud[2] as readonly string[]).includes(host));
	return {
		tenant_discovery_endpoint: `${origin}/${tenant}/v2.0/.well-known/openid-configuration`,
		'api-version': '1.1',
		metadata: [...clouds, ...(known ? [] : [[host, host, [host]] as const])].map(([preferred_network, preferred_cache, aliases]) => ({preferred_network, preferred_cache, aliases})),
	};
};
