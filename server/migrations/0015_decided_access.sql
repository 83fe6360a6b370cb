-- What a decision of an access review was about: the member's access when it was made, beside that of the start.
alter table access_review_items
  -- Permissions that the decision left the member with and that they did not have at the start, and the other way round. Null: not
  -- decided, revoked, or decided before this was kept.
  add column gained text[],
  add column lost text[],
  -- As the API shows the channels of an item.
  add column decided_channels jsonb,
  add check ((gained is null) = (lost is null) and (gained is null) = (decided_channels is null));
grant update (gained, lost, decided_channels) on access_review_items to whoot_app;

-- Who joined after the start, and which invitations waited, when the review ended: they are in no item of it. Null while it is open,
-- and where it ended before this was kept.
alter table access_reviews add column final_since jsonb;
grant update (final_since) on access_reviews to whoot_app;
