"""What is kept. Tables only; services write them."""

from models.accounts import Account, AccountRole
from models.activities import (
    Activity,
    ActivityMaterial,
    ActivityMove,
    ActivitySeries,
    Feedback,
    FeedbackVote,
    SignUp,
    UnitInvitation,
    UnitLimit,
)
from models.alliance import MemberUnit
from models.api_tokens import ApiReply, MiniSession
from models.audiences import PersonList, PersonListMember, SavedAudience
from models.audit import AuditEntry
from models.automatic_notices import (
    AutomaticNotice,
    AutomaticNoticePerson,
    NoticeWording,
    NoticeWordingReview,
)
from models.base import BoundModel, connect, db, locked, repeated
from models.bindings import BindingRequest, KeptForm, UnitBinding
from models.check_ins import CheckIn, CheckInOpening, CheckInTries
from models.clicks import ClickTotal
from models.complaints import Complaint, ComplaintStep
from models.digests import Digest, DigestItem, DigestSetting
from models.error_words import ErrorWord
from models.fieldwork import SurveyReminder, SurveyRound, SurveySeries, SurveyTarget
from models.inbound import InboundMessage, InboxItem, PlatformEvent, SavedReply, StaffReply
from models.messaging import (
    Attempt,
    Campaign,
    CampaignReview,
    Delivery,
    MassBatch,
    MassConfirmation,
    MassSlot,
    QuotaUse,
    TemplateMapping,
)
from models.mini_reminders import MiniReminder
from models.notices import Notice, NoticeFile
from models.operations import Credential, JobRun, Lease, UsedLink
from models.people import (
    Consent,
    Follower,
    FollowPeriod,
    InviteCode,
    Person,
    PersonRole,
    RosterImport,
    SubscriptionConsent,
    TopicOptIn,
)
from models.pictures import Picture, PictureMaterial
from models.publishing import EJournal, EJournalArticle, EJournalColumn, EJournalIssue, IssueReview
from models.review_invites import ReviewInvite
from models.saved_views import ListSetting, SavedView
from models.schedules import CampaignSeries, RelativeTime, SeriesFiring
from models.search import SearchEntry
from models.sending import PlatformQuota, SendingPause, SendPace
from models.survey_analysis import (
    ChangesMade,
    Course,
    PaperEntry,
    ResponseImport,
    Theme,
    ThemeRun,
    ThemeSentence,
)
from models.surveys import (
    Answer,
    AwaitedPicture,
    Conversation,
    Correction,
    Option,
    Participation,
    Question,
    Questionnaire,
    Response,
)
from models.tags import FollowerTag, Tagging
from models.template_library import AccountTemplate
from models.trial_sends import Tester, TrialSend
from models.workdays import WorkdayOverride

# In the order of their references; migrations and the tests create them so.
TABLES: tuple[type[BoundModel], ...] = (
    MemberUnit,
    Person,
    PersonRole,
    Follower,
    FollowPeriod,
    InviteCode,
    TopicOptIn,
    Consent,
    SubscriptionConsent,
    RosterImport,
    Account,
    AccountRole,
    SavedView,
    ListSetting,
    UnitBinding,
    BindingRequest,
    KeptForm,
    AuditEntry,
    ActivitySeries,
    Activity,
    UnitInvitation,
    UnitLimit,
    SignUp,
    ActivityMove,
    ActivityMaterial,
    FeedbackVote,
    Feedback,
    EJournal,
    EJournalIssue,
    EJournalColumn,
    EJournalArticle,
    IssueReview,
    Picture,
    PictureMaterial,
    Notice,
    NoticeFile,
    Questionnaire,
    Question,
    Option,
    Correction,
    Response,
    Participation,
    Answer,
    AwaitedPicture,
    Conversation,
    SavedAudience,
    PersonList,
    PersonListMember,
    Campaign,
    CampaignReview,
    MassConfirmation,
    MassSlot,
    MassBatch,
    ClickTotal,
    Delivery,
    Attempt,
    Tester,
    TrialSend,
    NoticeWording,
    NoticeWordingReview,
    AutomaticNotice,
    AutomaticNoticePerson,
    SurveyReminder,
    SurveyTarget,
    SurveySeries,
    SurveyRound,
    TemplateMapping,
    QuotaUse,
    ReviewInvite,
    ErrorWord,
    CampaignSeries,
    SeriesFiring,
    RelativeTime,
    SendingPause,
    SendPace,
    PlatformQuota,
    InboundMessage,
    PlatformEvent,
    InboxItem,
    StaffReply,
    SavedReply,
    Complaint,
    ComplaintStep,
    FollowerTag,
    Tagging,
    Lease,
    JobRun,
    Credential,
    UsedLink,
    SearchEntry,
    CheckInOpening,
    CheckIn,
    CheckInTries,
    MiniSession,
    ApiReply,
    MiniReminder,
    WorkdayOverride,
    AccountTemplate,
    DigestSetting,
    Digest,
    DigestItem,
    ThemeRun,
    Theme,
    ThemeSentence,
    Course,
    ChangesMade,
    ResponseImport,
    PaperEntry,
)

__all__ = [
    "TABLES",
    "connect",
    "db",
    "locked",
    "repeated",
    *(table.__name__ for table in TABLES),
]
