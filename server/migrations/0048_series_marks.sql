-- The highest numbers also stand in a file. After a restore of an older backup, the server moves the series on to them when it starts.
grant select, insert, update (last) on billing_series to whoot_platform;
