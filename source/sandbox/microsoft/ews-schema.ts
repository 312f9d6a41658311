/*
What the schema of EWS says of requests, for the operations that the stand-in has (types.xsd and messages.xsd of Exchange). `content`
is the sequence of children: `prefix:Name=Type` with `?`, `*` or `+`, alternatives in brackets. `any` is not looked into.
*/
/* eslint-disable @typescript-eslint/naming-convention, @stylistic/max-len -- the keys are names of the schema, its lists are long */

export type ElementType = {
	/** Attributes by name: their simple type, with `!` where they are required. */
	readonly attributes?: Readonly<Record<string, string>>;
	/** Children, where it has any. */
	readonly content?: string;
	/** Simple type of its text, where it has any. */
	readonly text?: string;
};

/** Fields that can be asked for, by prefix. */
export const fieldNames: Readonly<Record<string, readonly string[]>> = {
	folder: [
		'FolderId ParentFolderId DisplayName UnreadCount TotalCount ChildFolderCount FolderClass SearchParameters ManagedFolderInformation PermissionSet',
		'EffectiveRights SharingEffectiveRights DistinguishedFolderId PolicyTag ArchiveTag ReplicaList',
	].join(' ').split(' '),
	item: [
		'ItemId ParentFolderId ItemClass MimeContent Attachments Subject DateTimeReceived Size Categories HasAttachments Importance InReplyTo',
		'InternetMessageHeaders IsAssociated IsDraft IsFromMe IsResend IsSubmitted IsUnmodified DateTimeSent DateTimeCreated Body ResponseObjects Sensitivity',
		'ReminderDueBy ReminderIsSet ReminderNextTime ReminderMinutesBeforeStart DisplayTo DisplayCc DisplayBcc Culture EffectiveRights LastModifiedName',
		'LastModifiedTime ConversationId UniqueBody Flag StoreEntryId InstanceKey NormalizedBody EntityExtractionResult PolicyTag ArchiveTag RetentionDate',
		'Preview PredictedActionReasons IsClutter RightsManagementLicenseData BlockStatus HasBlockedImages WebClientReadFormQueryString',
		'WebClientEditFormQueryString TextBody IconIndex MimeContentUTF8 Mentions MentionedMe MentionsPreview MentionsEx Hashtags AppliedHashtags',
		'AppliedHashtagsPreview Likes LikesPreview PendingSocialActivityTagIds AtAllMention CanDelete InferenceClassification FirstBody',
	].join(' ').split(' '),
	message: [
		'ConversationIndex ConversationTopic InternetMessageId IsRead IsResponseRequested IsReadReceiptRequested IsDeliveryReceiptRequested ReceivedBy',
		'ReceivedRepresenting References ReplyTo From Sender ToRecipients CcRecipients BccRecipients ApprovalRequestData VotingInformation ReminderMessageData',
	].join(' ').split(' '),
};

/** Fields of other kinds of items are known by their prefix alone. */
export const otherFieldPrefixes: readonly string[] = ['meeting', 'meetingRequest', 'calendar', 'task', 'contacts', 'distributionlist', 'postitem', 'person', 'rolemember', 'network', 'abchperson', 'booking', 'insight'];

const distinguishedFolders = [
	'calendar contacts deleteditems drafts inbox journal notes outbox sentitems tasks msgfolderroot publicfoldersroot root junkemail searchfolders',
	'voicemail recoverableitemsroot recoverableitemsdeletions recoverableitemsversions recoverableitemspurges recoverableitemsdiscoveryholds archiveroot',
	'archivemsgfolderroot archivedeleteditems archiveinbox archiverecoverableitemsroot archiverecoverableitemsdeletions archiverecoverableitemsversions',
	'archiverecoverableitemspurges archiverecoverableitemsdiscoveryholds syncissues conflicts localfailures serverfailures recipientcache quickcontacts',
	'conversationhistory adminauditlogs todosearch mycontacts directory imcontactlist peopleconnect favorites mecontact personmetadata teamspaceactivity',
	'teamspacemessaging teamspaceworkitems scheduled orionnotes tagitems alltaggeditems externalcontacts teamchat yammerroot yammerinbound yammeroutbound',
	'yammerfeeds onedriveroot onedriverecylebin onedrivesystem onedrivevolume',
].join(' ').split(' ');

/** Values of enumerations, by type. */
export const enumerations: Readonly<Record<string, readonly string[]>> = {
	MessageDispositionType: ['SaveOnly', 'SendOnly', 'SendAndSaveCopy'],
	CalendarItemCreateOrDeleteOperationType: ['SendToNone', 'SendOnlyToAll', 'SendToAllAndSaveCopy'],
	CalendarItemUpdateOperationType: ['SendToNone', 'SendOnlyToAll', 'SendOnlyToChanged', 'SendToAllAndSaveCopy', 'SendToChangedAndSaveCopy'],
	ConflictResolutionType: ['NeverOverwrite', 'AutoResolve', 'AlwaysOverwrite'],
	DisposalType: ['HardDelete', 'SoftDelete', 'MoveToDeletedItems'],
	AffectedTaskOccurrencesType: ['AllOccurrences', 'SpecifiedOccurrenceOnly'],
	DefaultShapeNamesType: ['IdOnly', 'Default', 'AllProperties', 'PcxPeopleSearch'],
	BodyTypeResponseType: ['Best', 'HTML', 'Text'],
	BodyTypeType: ['HTML', 'Text'],
	ItemQueryTraversalType: ['Shallow', 'SoftDeleted', 'Associated'],
	FolderQueryTraversalType: ['Shallow', 'Deep', 'SoftDeleted'],
	IndexBasePointType: ['Beginning', 'End'],
	SortDirectionType: ['Ascending', 'Descending'],
	ImportanceChoicesType: ['Low', 'Normal', 'High'],
	SensitivityChoicesType: ['Normal', 'Personal', 'Private', 'Confidential'],
	DistinguishedFolderIdNameType: distinguishedFolders,
	DistinguishedPropertySetType: ['Meeting', 'Appointment', 'Common', 'PublicStrings', 'Address', 'InternetHeaders', 'CalendarAssistant', 'UnifiedMessaging', 'Task', 'Sharing'],
	MapiPropertyTypeType: ['ApplicationTime', 'Binary', 'Boolean', 'CLSID', 'Currency', 'Double', 'Error', 'Float', 'Integer', 'Long', 'Null', 'Object', 'Short', 'SystemTime', 'String'].flatMap(type => [type, `${type}Array`]),
};

const sequence = (...particles: readonly string[]): ElementType => ({content: particles.join(' ')});

const folderIds = '(t:FolderId|t:DistinguishedFolderId)';
const paths = '(t:FieldURI|t:IndexedFieldURI=any|t:ExtendedFieldURI)';
const search = '(t:IsEqualTo|t:IsNotEqualTo=IsEqualTo|t:IsGreaterThan=IsEqualTo|t:IsGreaterThanOrEqualTo=IsEqualTo|t:IsLessThan=IsEqualTo|t:IsLessThanOrEqualTo=IsEqualTo|t:And|t:Or=And|t:Not|t:Exists|t:Contains=any|t:Excludes=any)';
const otherItems = ['CalendarItem', 'Contact', 'DistributionList', 'MeetingMessage', 'MeetingRequest', 'MeetingResponse', 'MeetingCancellation', 'Task', 'PostItem'].map(name => `t:${name}=any`).join('|');

const item = [
	't:MimeContent=MimeContent? t:ItemId=ItemId? t:ParentFolderId=FolderId? t:ItemClass=any? t:Subject=string? t:Sensitivity=Sensitivity? t:Body=Body?',
	't:Attachments=any? t:DateTimeReceived=dateTime? t:Size=int? t:Categories=Strings? t:Importance=Importance? t:InReplyTo=string? t:IsSubmitted=boolean?',
	't:IsDraft=boolean? t:IsFromMe=boolean? t:IsResend=boolean? t:IsUnmodified=boolean? t:InternetMessageHeaders=any? t:DateTimeSent=dateTime?',
	't:DateTimeCreated=dateTime? t:ResponseObjects=any? t:ReminderDueBy=dateTime? t:ReminderIsSet=boolean? t:ReminderNextTime=dateTime?',
	't:ReminderMinutesBeforeStart=any? t:DisplayCc=string? t:DisplayTo=string? t:DisplayBcc=string? t:HasAttachments=boolean?',
	't:ExtendedProperty=ExtendedProperty* t:Culture=string? t:EffectiveRights=any? t:LastModifiedName=string? t:LastModifiedTime=dateTime?',
	't:IsAssociated=boolean? t:WebClientReadFormQueryString=string? t:WebClientEditFormQueryString=string? t:ConversationId=ItemId? t:UniqueBody=Body?',
	't:Flag=any? t:StoreEntryId=string? t:InstanceKey=string? t:NormalizedBody=Body? t:EntityExtractionResult=any? t:PolicyTag=any? t:ArchiveTag=any?',
	't:RetentionDate=dateTime? t:Preview=string? t:RightsManagementLicenseData=any? t:PredictedActionReasons=any? t:IsClutter=boolean?',
	't:BlockStatus=boolean? t:HasBlockedImages=boolean? t:TextBody=Body? t:IconIndex=any? t:SearchKey=string? t:SortKey=int? t:Hashtags=Strings?',
	't:Mentions=any? t:MentionedMe=boolean? t:MentionsPreview=any? t:MentionsEx=any? t:AppliedHashtags=any? t:AppliedHashtagsPreview=any? t:Likes=any?',
	't:LikesPreview=any? t:PendingSocialActivityTagIds=Strings? t:AtAllMention=boolean? t:CanDelete=boolean? t:InferenceClassification=any?',
].join(' ');

/** Every type by name; an element without `=Type` has the type of its own name. */
export const schema: Readonly<Record<string, ElementType>> = {
	// Operations
	CreateItem: {
		attributes: {MessageDisposition: 'MessageDispositionType', SendMeetingInvitations: 'CalendarItemCreateOrDeleteOperationType'},
		content: 'm:SavedItemFolderId=TargetFolderId? m:Items',
	},
	UpdateItem: {
		attributes: {
			ConflictResolution: 'ConflictResolutionType!', MessageDisposition: 'MessageDispositionType', SendMeetingInvitationsOrCancellations: 'CalendarItemUpdateOperationType', SuppressReadReceipts: 'boolean',
		},
		content: 'm:SavedItemFolderId=TargetFolderId? m:ItemChanges',
	},
	GetItem: sequence('m:ItemShape', 'm:ItemIds'),
	FindItem: {
		attributes: {Traversal: 'ItemQueryTraversalType!'},
		content: 'm:ItemShape (m:IndexedPageItemView=PageView|m:FractionalPageItemView=any|m:SeekToConditionPageItemView=any|m:CalendarView=any|m:ContactsView=any)? (m:GroupBy=any|m:DistinguishedGroupBy=any)? m:Restriction? m:SortOrder? m:ParentFolderIds=FolderIds m:QueryString=any?',
	},
	MoveItem: sequence('m:ToFolderId=TargetFolderId', 'm:ItemIds', 'm:ReturnNewItemIds=boolean?'),
	DeleteItem: {
		attributes: {
			DeleteType: 'DisposalType!', SendMeetingCancellations: 'CalendarItemCreateOrDeleteOperationType', AffectedTaskOccurrences: 'AffectedTaskOccurrencesType', SuppressReadReceipts: 'boolean',
		},
		content: 'm:ItemIds',
	},
	GetFolder: sequence('m:FolderShape', 'm:FolderIds'),
	FindFolder: {
		attributes: {Traversal: 'FolderQueryTraversalType!'},
		content: 'm:FolderShape (m:IndexedPageFolderView=PageView|m:FractionalPageFolderView=any)? m:Restriction? m:ParentFolderIds=FolderIds',
	},
	CreateFolder: sequence('m:ParentFolderId=TargetFolderId', 'm:Folders'),
	DeleteFolder: {attributes: {DeleteType: 'DisposalType!'}, content: 'm:FolderIds'},

	// Headers
	RequestServerVersion: {attributes: {Version: 'string!'}},
	ExchangeImpersonation: sequence('t:ConnectingSID'),
	ConnectingSID: sequence('(t:PrincipalName=string|t:SID=string|t:PrimarySmtpAddress=string|t:SmtpAddress=string)'),

	// Ids
	TargetFolderId: sequence('(t:FolderId|t:DistinguishedFolderId|t:AddressListId=any)'),
	FolderIds: sequence(`${folderIds}+`),
	FolderId: {attributes: {Id: 'string!', ChangeKey: 'string'}},
	DistinguishedFolderId: {attributes: {Id: 'DistinguishedFolderIdNameType!', ChangeKey: 'string'}, content: 't:Mailbox=any?'},
	ItemIds: sequence('(t:ItemId|t:OccurrenceItemId=any|t:RecurringMasterItemId=any|t:RecurringMasterItemIdRanges=any)+'),
	ItemId: {attributes: {Id: 'string!', ChangeKey: 'string'}},

	// Shapes, views, searches
	ItemShape: sequence('t:BaseShape', 't:IncludeMimeContent=boolean?', 't:BodyType?', 't:UniqueBodyType=BodyType?', 't:NormalizedBodyType=BodyType?', 't:FilterHtmlContent=boolean?', 't:ConvertHtmlCodePageToUTF8=boolean?', 't:InlineImageUrlTemplate=string?', 't:BlockExternalImages=boolean?', 't:AddBlankTargetToLinks=boolean?', 't:MaximumBodySize=int?', 't:AdditionalProperties?'),
	FolderShape: sequence('t:BaseShape', 't:AdditionalProperties?'),
	BaseShape: {text: 'DefaultShapeNamesType'},
	BodyType: {text: 'BodyTypeResponseType'},
	AdditionalProperties: sequence(`${paths}+`),
	FieldURI: {attributes: {FieldURI: 'UnindexedFieldURIType!'}},
	ExtendedFieldURI: {
		attributes: {
			DistinguishedPropertySetId: 'DistinguishedPropertySetType', PropertySetId: 'GuidType', PropertyTag: 'PropertyTagType', PropertyName: 'string', PropertyId: 'int', PropertyType: 'MapiPropertyTypeType!',
		},
	},
	PageView: {attributes: {MaxEntriesReturned: 'int', Offset: 'int!', BasePoint: 'IndexBasePointType!'}},
	Restriction: sequence(search),
	And: sequence(`${search}+`),
	Not: sequence(search),
	Exists: sequence(paths),
	IsEqualTo: sequence(paths, 't:FieldURIOrConstant'),
	FieldURIOrConstant: sequence('(t:FieldURI|t:IndexedFieldURI=any|t:ExtendedFieldURI|t:Constant)'),
	Constant: {attributes: {Value: 'string!'}},
	SortOrder: sequence('t:FieldOrder+'),
	FieldOrder: {attributes: {Order: 'SortDirectionType!'}, content: paths},

	// Items and folders
	Items: sequence(`(t:Item|t:Message|${otherItems})+`),
	Item: {content: item},
	Message: {content: `${item} t:Sender=any? t:ToRecipients=any? t:CcRecipients=any? t:BccRecipients=any? t:IsReadReceiptRequested=boolean? t:IsDeliveryReceiptRequested=boolean? t:ConversationIndex=string? t:ConversationTopic=string? t:From=any? t:InternetMessageId=string? t:IsRead=boolean? t:IsResponseRequested=boolean? t:References=string? t:ReplyTo=any? t:ReceivedBy=any? t:ReceivedRepresenting=any? t:ApprovalRequestData=any? t:VotingInformation=any? t:ReminderMessageData=any? t:SenderSMTPAddress=any?`},
	MimeContent: {attributes: {CharacterSet: 'string'}, text: 'string'},
	Body: {attributes: {BodyType: 'BodyTypeType!', IsTruncated: 'boolean'}, text: 'string'},
	Importance: {text: 'ImportanceChoicesType'},
	Sensitivity: {text: 'SensitivityChoicesType'},
	Strings: sequence('t:String=string*'),
	ExtendedProperty: sequence('t:ExtendedFieldURI', '(t:Value=string|t:Values)'),
	Values: sequence('t:Value=string+'),
	ItemChanges: sequence('t:ItemChange+'),
	ItemChange: sequence('(t:ItemId|t:OccurrenceItemId=any|t:RecurringMasterItemId=any)', 't:Updates', 't:CalendarActivityData=any?'),
	Updates: sequence('(t:SetItemField|t:DeleteItemField|t:AppendToItemField=SetItemField)+'),
	SetItemField: sequence(paths, `(t:Item|t:Message|${otherItems})`),
	DeleteItemField: sequence(paths),
	Folders: sequence('(t:Folder|t:CalendarFolder=Folder|t:ContactsFolder=Folder|t:SearchFolder=any|t:TasksFolder=Folder)+'),
	Folder: sequence('t:FolderId?', 't:ParentFolderId=FolderId?', 't:FolderClass=string?', 't:DisplayName=string?', 't:TotalCount=int?', 't:ChildFolderCount=int?', 't:ExtendedProperty*', 't:ManagedFolderInformation=any?', 't:EffectiveRights=any?', 't:DistinguishedFolderId=string?', 't:PolicyTag=any?', 't:ArchiveTag=any?', 't:ReplicaList=any?', 't:PermissionSet=any?', 't:UnreadCount=int?'),
};
