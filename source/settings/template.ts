/** What `init --non-interactive` writes: every key, those that must be filled in left empty. */
export const template = (): string => `# aw2ms365: moves one mailbox from Amazon WorkMail to Microsoft 365.
# Fill in what is empty, then: aw2ms365 doctor, and aw2ms365 plan
# Put passwords and secrets in single quotes; write a ' inside twice ('').

source:
  region: us-east-1             # or us-west-2, eu-west-1; or instead "host:" with the server's name
  user:                         # the full e-mail address
  password:                     # or AW2MS365_SOURCE_PASSWORD, or AW2MS365_SOURCE_PASSWORD_FILE
  # port: 993
  # ca: extra-ca.pem            # an authority to trust beside the system's own

destination:
  mailbox:                      # the address of the new mailbox
  transport: auto               # the best way in that is open; or ews, imap, graph, graph-json
  # Microsoft 365: an application of your tenant with one of the permissions full_access_as_app (ews), IMAP.AccessAsApp
  # (imap), Mail-Advanced.ReadWrite.All (graph), Mail.ReadWrite (graph-json); "aw2ms365 doctor" says which are open
  tenantId:
  clientId:
  clientSecret:                 # or AW2MS365_CLIENT_SECRET, or AW2MS365_CLIENT_SECRET_FILE
  # certificate: app.pfx        # instead of the secret: PEM or PFX with its private key
  # certificatePassphrase: ''   # or AW2MS365_CERTIFICATE_PASSPHRASE, or AW2MS365_CERTIFICATE_PASSPHRASE_FILE
  cloud: global                 # or gcc-high, dod, china
  # Any other IMAP server, by password; then transport: imap, and the three above empty
  # imap:
  #   host: imap.example.org
  #   user: a@example.org       # as mailbox, unless it differs
  #   password: ''              # or AW2MS365_DESTINATION_PASSWORD, or AW2MS365_DESTINATION_PASSWORD_FILE

options:
  # Folders that stay behind, with all below them: paths, or inbox, sent, drafts, trash, junk, archive
  skipFolders: []
  # Only these folders, if any are named
  includeFolders: []
  # Other places or names: "Old name": "New/Name"
  folderMap: {}
  rateLimit: 0                  # messages a second; 0: as fast as both sides allow
  maxRetries: 3                 # per message and run
  # maxMessageSize: 36 MB       # larger ones are refused and listed; 36 MB is what a mailbox takes unless told otherwise
  allowLoss: false              # true: take a way that does not carry all of each message, if no other is open
  # checkpointDirectory: ~/aw2ms365   # where the journal lies, if not in the program's own directory
`;
