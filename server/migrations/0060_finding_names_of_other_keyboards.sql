-- Finds names whose letters another keyboard writes differently: katakana as hiragana, digits of other scripts, Hebrew's final letters,
-- Persian's and Urdu's forms of Arabic letters. contract/fold.ts does the same in joined(); search-words.test.ts compares both.
create or replace function search_starts(folded text) returns setof text
  language sql immutable strict parallel safe
  begin atomic
    select distinct left(replace(substr(unified, at, 400), ' ', ''), 40)
      from translate(folded,
          'ァアィイゥウェエォオカキクケコサシスセソタチッツテトナニヌネノハヒフヘホマミムメモャヤ'
            || 'ュユョヨラリルレロヮワヰヱヲンヵヶヽ'
            || 'ךםןףץکیىةہٱ'
            || '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९০১২৩৪৫৬৭৮৯'
            || '੦੧੨੩੪੫੬੭੮੯૦૧૨૩૪૫૬૭૮૯୦୧୨୩୪୫୬୭୮୯௦௧௨௩௪௫௬௭௮௯'
            || '౦౧౨౩౪౫౬౭౮౯೦೧೨೩೪೫೬೭೮೯൦൧൨൩൪൫൬൭൮൯๐๑๒๓๔๕๖๗๘๙'
            || '໐໑໒໓໔໕໖໗໘໙༠༡༢༣༤༥༦༧༨༩၀၁၂၃၄၅၆၇၈၉០១២៣៤៥៦៧៨៩'
            || '᠐᠑᠒᠓᠔᠕᠖᠗᠘᠙',
          'ぁあぃいぅうぇえぉおかきくけこさしすせそたちっつてとなにぬねのはひふへほまみむめもゃや'
            || 'ゅゆょよらりるれろゎわゐゑをんゕゖゝ'
            || 'כמנפצكييهها'
            || '0123456789012345678901234567890123456789'
            || '0123456789012345678901234567890123456789'
            || '0123456789012345678901234567890123456789'
            || '0123456789012345678901234567890123456789'
            || '0123456789') unified,
        generate_series(1, least(length(unified), 400)) at
      where substr(unified, at, 1) <> ' '
        and (at = 1 or substr(unified, at - 1, 1) = ' ' or substr(unified, at, 1) ~ '[\u0e00-\u0fff\u1000-\u109f\u1100-\u115f\u1780-\u17ff\u2e80-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u9fff\ua960-\ua97f\U00020000-\U0003ffff]');
  end;

alter table members no force row level security;
alter table member_words no force row level security;
truncate member_words;
insert into member_words (tenant_id, member_id, field, word)
  select tenant_id, member_id, words.field, words.word from members, member_search_words(name, email) words;
alter table member_words force row level security;
alter table members force row level security;

alter table audit_log no force row level security;
alter table audit_target_words no force row level security;
truncate audit_target_words;
insert into audit_target_words (tenant_id, field, word, target_id)
  select distinct named.tenant_id, words.field, words.word, named.target_id
    from (select distinct tenant_id, target_id, target_name from audit_log
        where target_id is not null and has_search_words(target_type)) named,
      audit_search_words(named.target_name) words;
alter table audit_target_words force row level security;
alter table audit_log force row level security;
