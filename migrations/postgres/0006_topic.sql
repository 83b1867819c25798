-- No table: who watches a topic stands in the row of its identifier, as for an instance; and migrations/sqlite/0006_topic.sql has nothing
-- to do at all, because there whoever writes writes alone.

-- Who watches these topics. A commit asks it of the topics that its instances are found under, before it changes anything; until it ends,
-- nobody who rests on one of them (who has compared what is found there, or begins to watch it) can commit. A plain query would see
-- what stood when its statement began. This one sees what stands once the locks are held, since a volatile function looks anew with each
-- of its queries.
--
-- The locks are 256 for all topics, so that a batch never holds more; two topics that share one only wait for each other.
create function watchers_of(topics uuid[]) returns table (topic uuid, watcher uuid) language plpgsql volatile as $$
begin
    perform pg_advisory_xact_lock_shared(1951622448, locks.place)
    from (select distinct get_byte(uuid_send(t.id), 0) as place from unnest(topics) as t (id) order by 1) as locks;
    return query
    select i.id, unnest(i.watchers) from instance i where i.id = any (topics) and i.watchers is not null;
end
$$;
