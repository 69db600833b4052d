-- SQLite makes a table of its own for a list of more than two values, each time a row is checked: a new meeting made five of them. The same
-- checks without lists. What is stored of a table does not change, so its text may (https://www.sqlite.org/lang_altertable.html, section 7).
pragma writable_schema = on;
update sqlite_schema set sql = replace(sql,
    'check (state in (''draft'', ''ready'', ''started'', ''ended'', ''cancelled''))',
    'check (state = ''draft'' or state = ''ready'' or state = ''started'' or state = ''ended'' or state = ''cancelled'')')
where type = 'table' and name = 'meeting';
update sqlite_schema set sql = replace(sql,
    'check (access in (''public'', ''organization'', ''invited''))',
    'check (access = ''public'' or access = ''organization'' or access = ''invited'')')
where type = 'table' and name = 'meeting';
update sqlite_schema set sql = replace(sql,
    'check (recording_by in (''host'', ''moderators'', ''nobody''))',
    'check (recording_by = ''host'' or recording_by = ''moderators'' or recording_by = ''nobody'')')
where type = 'table' and name = 'meeting';
update sqlite_schema set sql = replace(sql,
    'check (role in (''host'', ''co_host'', ''participant''))',
    'check (role = ''host'' or role = ''co_host'' or role = ''participant'')')
where type = 'table' and name = 'participant';
update sqlite_schema set sql = replace(sql,
    'check (response in (''accepted'', ''declined'', ''tentative''))',
    'check (response = ''accepted'' or response = ''declined'' or response = ''tentative'')')
where type = 'table' and name = 'participant';
update sqlite_schema set sql = replace(sql,
    'check (state in (''waiting'', ''admitted'', ''refused''))',
    'check (state = ''waiting'' or state = ''admitted'' or state = ''refused'')')
where type = 'table' and name = 'lobby_entry';
update sqlite_schema set sql = replace(sql,
    'check (state in (''unverified'', ''pending'', ''confirmed'', ''declined'', ''cancelled'', ''expired''))',
    'check (state = ''unverified'' or state = ''pending'' or state = ''confirmed'' or state = ''declined'' or state = ''cancelled'' or state = ''expired'')')
where type = 'table' and name = 'booking';
update sqlite_schema set sql = replace(sql,
    'check (state in (''pending'', ''delivered'', ''failed''))',
    'check (state = ''pending'' or state = ''delivered'' or state = ''failed'')')
where type = 'table' and name = 'webhook_delivery';
update sqlite_schema set sql = replace(sql,
    'check (state in (''received'', ''applied'', ''ignored'', ''failed''))',
    'check (state = ''received'' or state = ''applied'' or state = ''ignored'' or state = ''failed'')')
where type = 'table' and name = 'webhook_receipt';
update sqlite_schema set sql = replace(sql,
    'check (step in (''came'', ''went'', ''knocked'', ''left_lobby''))',
    'check (step = ''came'' or step = ''went'' or step = ''knocked'' or step = ''left_lobby'')')
where type = 'table' and name = 'presence_mark';
update sqlite_schema set sql = replace(sql,
    'check (state in (''queued'', ''sent'', ''failed'', ''bounced''))',
    'check (state = ''queued'' or state = ''sent'' or state = ''failed'' or state = ''bounced'')')
where type = 'table' and name = 'notification';
pragma writable_schema = reset;
-- So that connections of other processes read the schema again.
create table schema_changed (id integer) strict;
drop table schema_changed;
