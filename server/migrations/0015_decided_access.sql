-- The member's access when a decision of an access review was made, beside the access at the start.
alter table access_review_items
  -- Permissions that the member has gained and lost between the start and the decision. Null: not decided, revoked, or decided
  -- before this column existed.
  add column gained text[],
  add column lost text[],
  -- In the form in which the API shows an item's channels.
  add column decided_channels jsonb,
  add check ((gained is null) = (lost is null) and (gained is null) = (decided_channels is null));
grant update (gained, lost, decided_channels) on access_review_items to whoot_app;

-- At the end of the review: who had joined after its start, and which invitations were pending. They are in no item. Null while the
-- review is open, and if it ended before this column existed.
alter table access_reviews add column final_since jsonb;
grant update (final_since) on access_reviews to whoot_app;
